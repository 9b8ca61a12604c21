import { randomBytes } from 'node:crypto'
import { decodeBinaryHeader, encodeBinaryHeader } from '@connectrpc/connect'
import { asking } from './ask.ts'
import { type Opened, startAndOpen } from './client.ts'
import { against } from './subjects.ts'

const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet)
const text = Buffer.from('größer als 3 €')

/** What a server sends back of the metadata of calls, before the answers and behind them. */
async function echo({ client }: Opened, metadata: [string, string][]): Promise<Headers[]> {
  const heard: Headers[] = []
  const headers = new Headers([...metadata, ...Object.entries(asking({ id: 'echo', answers: 1 }))])
  const hear = (said: Headers) => heard.push(said)
  const options = { headers, onHeader: hear, onTrailer: hear }
  await client.unary({}, options)
  for await (const _ of client.serverStream({}, options));
  return heard
}

against('metadata goes there and comes back, text and binary', async (t, start) => {
  const heard = await echo(await startAndOpen(t, start), [
    ['echo-text', 'a b=c; "d", 100 %'],
    ['echo-octets-bin', encodeBinaryHeader(octets)],
    ['echo-text-bin', encodeBinaryHeader(text)],
    ['echo-empty-bin', '']
  ])
  t.equal(heard.length, 4, 'headers and trailers of two calls')
  for (const said of heard) {
    t.equal(said.get('echo-text'), 'a b=c; "d", 100 %')
    t.same(decodeBinaryHeader(said.get('echo-octets-bin')!), octets)
    t.same(decodeBinaryHeader(said.get('echo-text-bin')!), new Uint8Array(text))
    t.equal(said.get('echo-empty-bin'), '')
  }
})

against('what is said twice is heard twice', async (t, start) => {
  const heard = await echo(await startAndOpen(t, start), [
    ['echo-twice', 'one'],
    ['echo-twice', 'two'],
    ['echo-twice-bin', encodeBinaryHeader(text)],
    ['echo-twice-bin', encodeBinaryHeader(octets)]
  ])
  for (const said of heard) {
    t.same(said.get('echo-twice')?.split(/, ?/), ['one', 'two'])
    const values = said
      .get('echo-twice-bin')!
      .split(',')
      .map(value => decodeBinaryHeader(value.trim()))
    t.same(values, [new Uint8Array(text), octets])
  }
})

against('headers that need more than one frame go there and come back', async (t, start) => {
  // Random, and so no shorter in any code.
  const long = randomBytes(24 * 1024).toString('base64')
  const opened = await startAndOpen(t, start)
  const heard = await echo(opened, [['echo-long', long]])
  for (const said of heard) t.equal(said.get('echo-long'), long)
  // What is said of the connection as a whole is still in step.
  for (const said of await echo(opened, [['echo-short', 'a']])) t.equal(said.get('echo-short'), 'a')
})
