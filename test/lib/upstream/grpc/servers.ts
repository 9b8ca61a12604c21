import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerOptions
} from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type t from 'tap'

type Tap = Pick<typeof t, 'teardown'>

/** What a server does with each stream that is opened on it. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/** An HTTP/2 server that may do anything; it ends with the test. */
export async function startRawServer(t: Tap, onStream: OnStream, options: ServerOptions = {}) {
  const server = createServer(options)
  const streams: ServerHttp2Stream[] = []
  server.on('session', session => t.teardown(() => session.destroy()))
  server.on('stream', (stream, headers) => {
    streams.push(stream)
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams }
}

/** What the headers of a call say is left of its time, in milliseconds; NaN: nothing. */
export function timeoutMsOf(headers: IncomingHttpHeaders | undefined): number {
  return Number(/^(\d+)u$/.exec(String(headers?.['grpc-timeout']))?.[1]) / 1_000
}

/** The headers with which an answer of gRPC begins. */
export const grpcHeaders: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc+proto' }

export interface RawAnswer {
  headers?: OutgoingHttpHeaders
  body?: Uint8Array[]
  trailers?: OutgoingHttpHeaders
}

/** Answers with any headers, body and trailers. Headers alone are the whole answer ("Trailers-Only"). */
export function answer(stream: ServerHttp2Stream, { headers = grpcHeaders, body = [], trailers }: RawAnswer): void {
  const endStream = body.length === 0 && trailers === undefined
  stream.respond(headers, { endStream, waitForTrailers: trailers !== undefined })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}))
  for (const chunk of body) stream.write(chunk)
  stream.end()
}

/** A message with its prefix, whatever the prefix says. */
export function rawFrame(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

/** The messages, one after the other. */
export async function* each(...messages: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* messages
}

/** All messages of a stream. */
export async function collect(messages: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = []
  for await (const message of messages) texts.push(Buffer.from(message).toString())
  return texts
}

/** Types of HTTP/2 frames (RFC 9113, section 6). */
export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const

/** `:status: 200` and `content-type: application/grpc`, packed as HPACK does without its table. */
export const packedHeaders = Buffer.concat([Buffer.from([0x88, 0x0f, 0x10, 16]), Buffer.from('application/grpc')])

/** `grpc-status` of one digit, packed likewise. */
export function packedStatus(code: number): Buffer {
  return Buffer.concat([Buffer.from([0x00, 11]), Buffer.from('grpc-status'), Buffer.from([1]), Buffer.from(`${code}`)])
}

/** Writes one frame; of the call's stream, unless another is named. */
export type SendFrame = (type: number, flags: number, payload: Uint8Array, streamId?: number) => void

/**
 * A server that writes frames by hand, in an order that Node's own would not: `onCall` is called with each call's headers.
 * `resets` are the streams that its client has reset.
 */
export async function startFrameServer(t: Tap, onCall: (send: SendFrame, socket: Socket) => void) {
  const resets: number[] = []
  const server = createTcpServer(socket => {
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    let received = Buffer.alloc(0)
    let skipped = false
    const sendOn =
      (ofCall: number): SendFrame =>
      (type, flags, payload, streamId = ofCall) => {
        const head = Buffer.alloc(9)
        head.writeUIntBE(payload.length, 0, 3)
        head[3] = type
        head[4] = flags
        head.writeUInt32BE(streamId, 5)
        socket.write(Buffer.concat([head, payload]))
      }
    sendOn(0)(frameTypes.settings, 0, Buffer.alloc(0))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (!skipped && received.length >= prefaceBytes) {
        received = received.subarray(prefaceBytes)
        skipped = true
      }
      while (skipped && received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        const [type, streamId] = [received[3], received.readUInt32BE(5)]
        received = received.subarray(9 + received.readUIntBE(0, 3))
        if (type === frameTypes.reset) resets.push(streamId)
        if (type === frameTypes.headers) onCall(sendOn(streamId), socket)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resets }
}

/** What every HTTP/2 client begins with. */
const prefaceBytes = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length
