import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { KeySource, type KeySourceOptions } from '../../../lib/auth/key-source.ts'
import { type Test, until } from '../../helper.ts'
import { createKey } from './tokens.ts'

const [first, second] = [createKey('first'), createKey('second')]

/** An issuer on a free port, and a source before it. The clock stands still unless it is moved. */
async function setUp(t: Test, options: Partial<KeySourceOptions> = {}) {
  const issuer = {
    asked: 0,
    answer: ((_request, response) => response.end(JSON.stringify({ keys: [first.jwk] }))) as RequestListener
  }
  const server = createServer((request, response) => {
    issuer.asked += 1
    issuer.answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const clock = { now: 0 }
  const failures: Error[] = []
  const source = new KeySource({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    onFailure: error => failures.push(error as Error),
    now: () => clock.now,
    ...options
  })
  t.teardown(() => source.close())
  return { issuer, source, clock, failures, find: async (kid: string | null) => (await source.find(kid))?.kid }
}

const publish =
  (...keys: { jwk: object }[]): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))

t.test('keys are asked for once, and then known', async t => {
  const { find, issuer } = await setUp(t)
  t.same(await Promise.all([find('first'), find('first'), find(null)]), ['first', 'first', 'first'])
  t.equal(await find('first'), 'first')
  t.equal(issuer.asked, 1)
})

t.test('a storm of names that nobody has heard of asks once per cool-down', async t => {
  const { find, issuer, clock } = await setUp(t)
  await find('first')
  clock.now = 30_000
  const found = await Promise.all(Array.from({ length: 500 }, (_, index) => find(`unknown-${index}`)))
  t.ok(found.every(kid => kid === undefined))
  t.equal(issuer.asked, 2)
  await find('unknown')
  t.equal(issuer.asked, 2)
})

t.test('a key that is new is found, when a token names it', async t => {
  const { find, issuer, clock } = await setUp(t)
  await find('first')
  issuer.answer = publish(second)
  clock.now = 30_000
  t.equal(await find('second'), 'second')
  t.equal(await find('first'), undefined, 'the issuer has taken it back')
})

t.test('keys that are old are used while they are asked for again', async t => {
  const { find, issuer, clock, source } = await setUp(t)
  await find('first')
  issuer.answer = publish(first, second)
  clock.now = 600_000
  t.equal(source.find('first') instanceof Promise, false, 'nobody waits')
  await until(() => source.keys?.byId.has('second') === true)
  t.equal(issuer.asked, 2)
})

t.test('the last good keys stay while the issuer is down, or says nonsense', async t => {
  const { find, issuer, clock, failures } = await setUp(t, { timeoutMs: 200, maxBytes: 10_000 })
  await find('first')
  const answers: Record<string, RequestListener> = {
    'an error': (_request, response) => response.writeHead(500).end('{}'),
    'no JSON': (_request, response) => response.end('<html>'),
    'no key': publish(),
    'no key that can be used': publish({ jwk: { kty: 'oct', k: 'a' } }),
    'a redirect': (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    'too much': (_request, response) => response.end(`{"keys": [], "padding": "${'x'.repeat(20_000)}"}`),
    'too many keys': publish(...new Array<typeof first>(40).fill(first)),
    'a drip that never ends': (_request, response) => response.write('{'),
    'nothing at all': request => request.socket.destroy()
  }
  for (const [what, answer] of Object.entries(answers)) {
    issuer.answer = answer
    clock.now += 600_000
    const before = failures.length
    t.equal(await find('first'), 'first', what)
    await until(() => failures.length === before + 1)
    t.equal(await find('first'), 'first', what)
  }
})

t.test('an issuer that has never said its keys is another matter than a key that it does not have', async t => {
  const { find, issuer, clock } = await setUp(t)
  issuer.answer = (_request, response) => response.writeHead(503).end()
  await t.rejects(find('first'), { name: 'KeysUnavailableError' })
  await t.rejects(find('first'), { name: 'KeysUnavailableError' })
  t.equal(issuer.asked, 1)
  issuer.answer = publish(first)
  clock.now = 1_000
  t.equal(await find('first'), 'first', 'it is asked again soon')
})

t.test('a source that was closed waits for nothing', async t => {
  const { source, issuer, failures } = await setUp(t)
  issuer.answer = () => source.close()
  await t.rejects(async () => source.find('first'), { name: 'KeysUnavailableError' })
  t.same(failures, [])
})
