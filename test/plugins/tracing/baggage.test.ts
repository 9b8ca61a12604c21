import t from 'tap'
import { build } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'

const members = (count: number, value = 'v') => Array.from({ length: count }, (_, index) => `k${index}=${value}`)

/** Sends these headers to a gateway over a socket. @returns what the service is told */
async function told(t: Parameters<typeof build>[0], headers: string[]): Promise<string | null> {
  const { url, upstream } = await build(t)
  const lines = headers.map(header => `baggage: ${header}`)
  await exchange(url, requestBytes(['GET /api/v1/categories HTTP/1.1', ...lines, 'Connection: close']))
  return upstream.calls[0]!.header.get('baggage')
}

t.test('baggage goes on to the service, with its properties', async t => {
  t.equal(await told(t, ['tenant=blue;secret;ttl=5,user=ada']), 'tenant=blue;secret;ttl=5,user=ada')
})

t.test('what is percent-encoded stays so', async t => {
  t.equal(await told(t, ['name=caf%C3%A9%2C']), 'name=caf%C3%A9%2C')
})

t.test('several headers are one', async t => {
  t.equal(await told(t, ['a=1,b=2', 'c=3']), 'a=1,b=2,c=3')
})

t.test('blanks around members are left out', async t => {
  t.equal(await told(t, [' a = 1 ,\tb=2']), 'a=1,b=2')
})

t.test('members that are none are left out, the others go on', async t => {
  t.equal(await told(t, ['a=1,nothing,=2,,b=%zz,c=3']), 'a=1,c=3')
})

t.test('180 members go on, and no more', async t => {
  t.same((await told(t, [members(200).join(',')]))?.split(','), members(180))
})

t.test('8,192 bytes go on, and no more', async t => {
  const sent = members(12, 'v'.repeat(1000))
  t.same((await told(t, [sent.join(',')]))?.split(','), sent.slice(0, 8))
})
