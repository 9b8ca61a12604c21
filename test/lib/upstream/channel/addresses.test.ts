import type { SrvRecord } from 'node:dns'
import t from 'tap'
import { addressesOf, type NameLookup, systemLookup } from '../../../../lib/upstream/channel/addresses.ts'
import { parseTarget } from '../../../../lib/upstream/channel/target.ts'

/** What DNS says in a test. */
interface Zone {
  hosts?: Record<string, string[]>
  services?: Record<string, SrvRecord[]>
}

function namesIn({ hosts = {}, services = {} }: Zone): NameLookup {
  return {
    async lookup(name) {
      const found = hosts[name]
      if (found === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
      return found.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
    },
    resolveSrv: async name => services[name] ?? []
  }
}

async function resolve(target: string, zone: Zone, { maxAddresses = 100, allowLoopback = false } = {}) {
  const [place] = parseTarget(target).places
  return addressesOf(place!, namesIn(zone), { maxAddresses, allowLoopback })
}

async function labels(...parameters: Parameters<typeof resolve>): Promise<string[]> {
  return (await resolve(...parameters)).map(({ label }) => label)
}

t.test('an address is what it is, and a socket too', async t => {
  t.same(await resolve('127.0.0.1:9002', {}), [
    {
      address: { host: '127.0.0.1', port: 9002 },
      authority: '127.0.0.1:9002',
      serverName: '127.0.0.1',
      label: '127.0.0.1:9002'
    }
  ])
  t.same(await resolve('unix:/run/a.sock', {}), [
    { address: { path: '/run/a.sock' }, authority: 'localhost', serverName: 'localhost', label: '/run/a.sock' }
  ])
})

t.test('a name has all its addresses, and they have its name', async t => {
  t.same(await resolve('https://product', { hosts: { product: ['10.0.0.2', 'fd00::2'] } }), [
    { address: { host: '10.0.0.2', port: 443 }, authority: 'product', serverName: 'product', label: '10.0.0.2:443' },
    { address: { host: 'fd00::2', port: 443 }, authority: 'product', serverName: 'product', label: '[fd00::2]:443' }
  ])
})

t.test('each address comes once, in an order that is always the same', async t => {
  const expected = ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']
  t.same(await labels('a:1', { hosts: { a: ['10.0.0.3', '10.0.0.1', '10.0.0.3', '10.0.0.2'] } }), expected)
  t.same(await labels('a:1', { hosts: { a: ['10.0.0.2', '10.0.0.3', '10.0.0.1'] } }), expected)
})

t.test('of too many addresses the first are taken', async t => {
  const hosts = { a: Array.from({ length: 10_000 }, (_, at) => `10.1.${at >> 8}.${at & 255}`) }
  t.equal((await labels('a:1', { hosts })).length, 100)
})

t.test('addresses that are never upstreams are left out', async t => {
  const hosts = { a: ['169.254.169.254', '10.0.0.1', '::ffff:169.254.169.254', '0.0.0.0', '127.0.0.1'] }
  t.same(await labels('a:1', { hosts }), ['10.0.0.1:1'])
})

t.test('a name that has no others cannot be resolved', async t => {
  await t.rejects(labels('a:1', { hosts: { a: ['169.254.169.254'] } }), {
    name: 'ResolveError',
    message: 'a has no address that may be an upstream: 169.254.169.254:1'
  })
  await t.rejects(labels('a:1', { hosts: { a: [] } }), { message: 'a has no address' })
  await t.rejects(labels('a:1', {}), { code: 'ENOTFOUND' })
})

t.test('this machine is an upstream when localhost is asked for, or the operator says so', async t => {
  const hosts = { localhost: ['::1', '127.0.0.1'], 'a.localhost': ['127.0.0.1'], a: ['127.0.0.1'] }
  t.same(await labels('localhost:1', { hosts }), ['127.0.0.1:1', '[::1]:1'])
  t.same(await labels('a.localhost:1', { hosts }), ['127.0.0.1:1'])
  await t.rejects(labels('a:1', { hosts }), { name: 'ResolveError' })
  t.same(await labels('a:1', { hosts }, { allowLoopback: true }), ['127.0.0.1:1'])
})

const srv = (name: string, priority: number, port = 9002): SrvRecord => ({ name, port, priority, weight: 0 })

t.test('SRV names hosts and ports; the domain stays the authority', async t => {
  const services = { '_grpc._tcp.product.internal': [srv('b.internal', 0, 2), srv('a.internal', 0, 1)] }
  const hosts = { 'a.internal': ['10.0.0.1', '10.0.0.9'], 'b.internal': ['10.0.0.2'] }
  const found = await resolve('srv:///_grpc._tcp.product.internal', { services, hosts })
  t.same(
    found.map(({ label }) => label),
    ['10.0.0.1:1', '10.0.0.2:2', '10.0.0.9:1']
  )
  t.same(new Set(found.map(({ authority }) => authority)), new Set(['product.internal']))
  t.same(new Set(found.map(({ serverName }) => serverName)), new Set(['product.internal']))
})

t.test('the lowest priority of SRV that has an address counts', async t => {
  const services = { '_grpc._tcp.p': [srv('c', 30), srv('a', 10), srv('b', 20), srv('b2', 20)] }
  t.same(await labels('srv:///_grpc._tcp.p', { services, hosts: { a: ['10.0.0.1'], b: ['10.0.0.2'] } }), [
    '10.0.0.1:9002'
  ])
  t.same(await labels('srv:///_grpc._tcp.p', { services, hosts: { b: ['10.0.0.2'], c: ['10.0.0.3'] } }), [
    '10.0.0.2:9002'
  ])
  await t.rejects(labels('srv:///_grpc._tcp.p', { services }), { code: 'ENOTFOUND' })
})

t.test('a host of SRV that cannot be resolved now may have more', async t => {
  const services = { '_grpc._tcp.p': [srv('a', 0), srv('b', 0)] }
  const known = namesIn({ services, hosts: { a: ['10.0.0.1'] } })
  const failure = Object.assign(new Error('getaddrinfo EAI_AGAIN b'), { code: 'EAI_AGAIN' })
  const names = { ...known, lookup: (name: string) => (name === 'b' ? Promise.reject(failure) : known.lookup(name)) }
  const [place] = parseTarget('srv:///_grpc._tcp.p').places
  await t.rejects(addressesOf(place!, names, { maxAddresses: 100, allowLoopback: false }), {
    name: 'PartialError',
    addresses: [{ label: '10.0.0.1:9002' }],
    cause: failure
  })
})

t.test('SRV that names no host is no service', async t => {
  const services = { '_grpc._tcp.p': [srv('', 0), srv('a\0b', 0), srv('127.1', 0), srv('a', 0, 0)] }
  await t.rejects(labels('srv:///_grpc._tcp.p', { services, hosts: { a: ['10.0.0.1'] } }), {
    message: '_grpc._tcp.p has no SRV record with a host'
  })
  await t.rejects(labels('srv:///_grpc._tcp.q', {}), { name: 'ResolveError' })
})

t.test('what SRV names is not trusted to be this machine', async t => {
  const services = { '_grpc._tcp.p': [srv('localhost', 0)] }
  await t.rejects(labels('srv:///_grpc._tcp.p', { services, hosts: { localhost: ['127.0.0.1'] } }), {
    name: 'ResolveError'
  })
})

t.test('the resolver of the system knows this machine', async t => {
  const [place] = parseTarget('localhost:9002').places
  const found = await addressesOf(place!, systemLookup, { maxAddresses: 100, allowLoopback: false })
  t.ok(found.some(({ label }) => label === '127.0.0.1:9002' || label === '[::1]:9002'))
})
