import { once } from 'node:events'
import {
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerOptions,
  type ServerStreamResponseOptions,
  sensitiveHeaders
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import type { HpackDecoder } from '../../../../lib/upstream/hpack/decoder.ts'
import { HeaderTemplate, HpackEncoder } from '../../../../lib/upstream/hpack/encoder.ts'
import { connectRaw, flag, frameType, headerTableSize, type RawClient } from './raw-client.ts'
import { createDecoder } from './table.ts'

type Tap = Pick<typeof t, 'teardown'>
type Field = [name: string, value: string]

// Its types do not know `sendDate`.
const responseOptions: ServerStreamResponseOptions & { sendDate: boolean } = { endStream: true, sendDate: false }

/** A server whose HPACK is nghttp2's. It answers each request with the next of `answers`, and keeps what it was asked. */
async function startServer(t: Tap, options: ServerOptions, answers: Iterator<Field[]>) {
  const server = createServer(options)
  const requests: string[][] = []
  const session = once(server, 'session') as Promise<[ServerHttp2Session]>
  server.on('session', session => t.teardown(() => session.destroy()))
  server.on('stream', (stream, _headers, _flags, rawHeaders) => {
    requests.push(rawHeaders as string[])
    const { value } = answers.next()
    stream.respond(value === undefined ? {} : outgoing(value), responseOptions)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, requests, session: session.then(([session]) => session) }
}

function outgoing(fields: Field[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  const secrets: string[] = []
  for (const [name, value] of fields) {
    const before = headers[name]
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value]
    if (name.startsWith('secret-') && !secrets.includes(name)) secrets.push(name)
  }
  return { ...headers, [sensitiveHeaders]: secrets } as OutgoingHttpHeaders
}

/** The fields in the order in which Node sends them: those of one name together, where the first of them stands. */
function inOrder(fields: Field[]): string[] {
  const byName = Map.groupBy(fields, ([name]) => name)
  return [...byName.values()].flat(2)
}

/** The headers of the answer to `streamId`; settings that come before are acknowledged, and told. */
async function readAnswer(client: RawClient, streamId: number, onSettings: (payload: Buffer) => void = () => {}) {
  const blocks: Buffer[] = []
  for (;;) {
    const frame = await client.read()
    if (frame.type === frameType.goaway) throw new RangeError(`the server ends: ${frame.payload.readUInt32BE(4)}`)
    if (frame.type === frameType.settings && frame.flags === 0) {
      onSettings(frame.payload)
      client.write(frameType.settings, flag.ack, 0, Buffer.alloc(0))
    }
    if (frame.streamId !== streamId) continue
    if (frame.type === frameType.headers || frame.type === frameType.continuation) blocks.push(frame.payload)
    if ((frame.flags & flag.endHeaders) !== 0 && frame.type !== frameType.data) return Buffer.concat(blocks)
  }
}

function readBlock(decoder: HpackDecoder, block: Buffer): readonly string[] | null {
  return decoder.decode(block, 0, block.length)
}

const names = fc.oneof(
  fc.constantFrom('grpc-status', 'grpc-message', 'server', 'secret-token', 'x-one', 'x-two', 'x-three', 'vary'),
  fc.stringMatching(/^x-[a-z0-9_-]{1,30}$/)
)
const values = fc.oneof(
  fc.constantFrom('0', 'a', 'application/grpc', ''),
  fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,60}[\x21-\x7e])?$/),
  fc.stringMatching(/^[\x21-\x7e\xa0-\xff]{1,400}$/)
)
const fieldLists = fc.array(fc.tuple(names, values), { maxLength: 12 })
const manyLists = fc.sample(fieldLists, { seed: 7541, numRuns: 150 })

/** What we announce, and what the server is willing to keep. */
const tables: [announced: number, kept: number][] = [
  [4096, 4096],
  [0, 4096],
  [100, 4096],
  [1000, 4096],
  [65_536, 65_536],
  [4096, 0]
]

for (const [announced, kept] of tables) {
  t.test(`reads what nghttp2 writes: a table of ${announced} bytes, of which it keeps ${kept} at most`, async t => {
    const options = { maxDeflateDynamicTableSize: kept }
    const { port } = await startServer(t, options, manyLists.values())
    const client = await connectRaw(t, port, [[headerTableSize, announced]])
    const encoder = new HpackEncoder()
    const decoder = createDecoder({ maxTableBytes: announced })
    let streamId = 1
    for (const list of manyLists) {
      client.write(frameType.headers, flag.endHeaders | flag.endStream, streamId, encode(encoder, [request], []))
      const fields = readBlock(decoder, await readAnswer(client, streamId))
      t.same(fields, [':status', '200', ...inOrder(list)])
      streamId += 2
    }
  })
}

const request = new HeaderTemplate([':method', 'POST', ':scheme', 'http', ':authority', 'order:9003', ':path', '/'])

function encode(encoder: HpackEncoder, templates: HeaderTemplate[], extra: readonly string[]): Buffer {
  const target = Buffer.alloc(encoder.maxLength(templates, extra))
  return target.subarray(0, encoder.write(target, 0, templates, extra))
}

t.test('nghttp2 reads what we write, while it changes the size of its table', async t => {
  const sizes = [4096, 0, 0, 200, 100, 4096, 70, 10_000]
  const { port, requests, session } = await startServer(t, { settings: { headerTableSize: 300 } }, [].values())
  const client = await connectRaw(t, port, [])
  const encoder = new HpackEncoder()
  const onSettings = (payload: Buffer) => {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === headerTableSize) encoder.setMaxTableBytes(payload.readUInt32BE(at + 2))
    }
  }
  const templates = manyLists.slice(0, 12).map(list => new HeaderTemplate(list.flat()))
  const expected: string[][] = []
  for (const [at, list] of manyLists.entries()) {
    const used = [request, templates[at % templates.length]!, templates[(at * 7) % templates.length]!]
    const fields = ['grpc-timeout', `${at}m`, 'authorization', `Bearer ${at}`, ...list.flat()]
    expected.push([...used.flatMap(template => template.fields), ...fields])
    client.write(frameType.headers, flag.endHeaders | flag.endStream, at * 2 + 1, encode(encoder, used, fields))
    await readAnswer(client, at * 2 + 1, onSettings)
    if (at % 10 === 0 && at < sizes.length * 10) (await session).settings({ headerTableSize: sizes[at / 10]! })
  }
  t.same(requests, expected)
})
