import { setImmediate } from 'node:timers/promises'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Test } from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import type { StreamAnswer } from '../../../../lib/upstream/grpc/call.ts'
import { errorCodeName } from '../../../../lib/upstream/http2/errors.ts'
import { FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { type ConnectWireOptions, connectWire } from '../grpc/helper.ts'
import { type ClientConnection, startFrameServer } from '../http2/frame-server.ts'
import { goodAnswer, opening, ping } from './bytes.ts'

const { getProduct } = ProductService.method
const { watchTopic } = StreamService.method

/**
 * One line of a table: what the server sends, what the call comes to (`ok`, the gRPC code of its error, or `open` when it still
 * waits), and what the server is told: `GOAWAY` or `RST_STREAM` with its code, or null.
 */
export type Case = readonly [title: string, bytes: Uint8Array | Uint8Array[], call: string, told: string | null]

export interface AttackOptions extends ConnectWireOptions {
  /** What is sent is all that the server says, from the first byte on; not behind its SETTINGS, as the answer to a call. */
  isOpening?: boolean
  /** The server closes the connection behind it. */
  closes?: boolean
  /** The call is of a stream; whose messages are read, or not. Default: it is of one message. */
  stream?: 'read' | 'unread'
}

/** A call that is not over by then waits for ever, in milliseconds. */
const timeoutMs = 10_000

/** The PING that comes behind what is sent: its answer tells that all of it was read. */
const barrier = Buffer.from('all read')

/** Makes a test of each line. One that leaves the connection open must leave it good for the next call. */
export function attackEach(t: Test, cases: readonly Case[], options: AttackOptions = {}): void {
  for (const [title, bytes, call, told] of cases) {
    t.test(title, async t => {
      const outcome = await attack(t, Array.isArray(bytes) ? bytes : [bytes], call === 'open', options)
      t.same(outcome, { call, told, nextCall: outcome.nextCall === null ? null : 'ok' })
    })
  }
}

/** @param isOpen whether the call is expected to wait for more. */
async function attack(t: Test, bytes: Uint8Array[], isOpen: boolean, options: AttackOptions) {
  const { isOpening = false, closes = false } = options
  const accepted = Promise.withResolvers<ClientConnection>()
  const { port } = await startFrameServer(t, client => {
    client.socket.setNoDelay(true)
    accepted.resolve(client)
    client.send(...(isOpening ? bytes : [opening]))
    if (isOpening && closes) client.socket.end()
  })
  const makeCall = callerOf(t, port, options)
  const call = makeCall()
  const client = await accepted.promise
  if (!isOpening) {
    await client.frame(FrameType.HEADERS)
    client.send(...bytes)
  }
  if (closes) client.socket.end()
  else client.send(ping(barrier))
  await client.frame(FrameType.PING, ({ payload }) => payload.equals(barrier))
  const outcome = isOpen ? await soonOf(call) : await call
  const next = client.isClosed ? null : await nextCall(client, makeCall)
  return { call: outcome, told: toldTo(client), nextCall: next }
}

/** Makes calls, and answers what they come to. None waits for ever. */
export function callerOf(t: Pick<Test, 'teardown'>, port: number, options: AttackOptions): () => Promise<string> {
  const wire = connectWire(t, `http://127.0.0.1:${port}`, { timeoutMs, ...options })
  const message = Buffer.from('hi')
  return async () => {
    try {
      if (options.stream === undefined) await wire.unary(getProduct, message)
      else await (options.stream === 'read' ? readAll : overOf)(await wire.stream(watchTopic, message, { timeoutMs }))
      return 'ok'
    } catch (error) {
      return codeOf(error)
    }
  }
}

export async function readAll({ messages }: StreamAnswer): Promise<void> {
  for await (const _ of messages);
}

/** Waits for the end of a stream that is not read. */
export async function overOf(answer: StreamAnswer): Promise<void> {
  const error = await new Promise(resolve => answer.onOver(resolve))
  if (error !== null) throw error
}

/** The name of the gRPC code, as the specification writes it. What is no error of ours shows itself. */
export function codeOf(error: unknown): string {
  if (!(error instanceof ConnectError)) throw error
  return Code[error.code].replace(/(?<=.)[A-Z]/g, '_$&').toUpperCase()
}

/** Until what was written has been read: one turn of the loop may end before it reads, the next does not. */
export async function untilRead(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

/** What the call came to, when it has. */
async function soonOf(call: Promise<string>): Promise<string> {
  await setImmediate()
  return Promise.race([call, 'open'])
}

/** The last word to the server: that the connection ends, or a stream. */
function toldTo({ frames }: ClientConnection): string | null {
  const goaway = frames.find(({ type }) => type === FrameType.GOAWAY)
  if (goaway !== undefined) return `GOAWAY ${errorCodeName(goaway.payload.readUInt32BE(4))}`
  const reset = frames.find(({ type }) => type === FrameType.RST_STREAM)
  return reset === undefined ? null : `RST_STREAM ${errorCodeName(reset.payload.readUInt32BE(0))}`
}

async function nextCall(client: ClientConnection, makeCall: () => Promise<string>): Promise<string> {
  const call = makeCall()
  const next = await client.frame(FrameType.HEADERS, ({ streamId }) => streamId > 1)
  if (next !== null) client.send(goodAnswer(next.streamId))
  return call
}
