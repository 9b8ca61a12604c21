import { Code, ConnectError } from '@connectrpc/connect'
import type t from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import type { Wire } from '../../../../lib/upstream/grpc/wire.ts'
import { ErrorCode, errorCodeName } from '../../../../lib/upstream/http2/errors.ts'
import { FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { SettingId } from '../../../../lib/upstream/http2/settings.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { connectWire } from '../grpc/helper.ts'
import { type ClientConnection, settings, startFrameServer } from '../http2/frame-server.ts'
import { overOf, readAll, untilRead } from './attack.ts'
import { goodAnswer, opening, ping, windowUpdate, zeros } from './bytes.ts'
import type { RandomAnswer } from './random-answers.ts'

const { getProduct } = ProductService.method
const { watchTopic, importTopic } = StreamService.method

/** A call that is not over by then waits for ever, in milliseconds. */
const foreverMs = 30_000

/** There are five calls. */
const lastStreamId = 9

const barrier = Buffer.from('all read')

/** Says of all that could hold a call back that it does not. */
const generous = Buffer.concat([
  settings(
    [SettingId.MAX_CONCURRENT_STREAMS, 100],
    [SettingId.INITIAL_WINDOW_SIZE, 65_535],
    [SettingId.MAX_HEADER_LIST_SIZE, 65_536]
  ),
  windowUpdate(1_000, 0)
])

/** Plays answers, one at a time: five calls are made on a connection that is answered so. Answers all that went wrong. */
export type Play = (answer: RandomAnswer) => Promise<string[]>

/** A server that plays answers, each on a connection of its own, of which nothing is kept. It ends with the test. */
export async function startPlayer(t: Tap): Promise<Play> {
  let next: Played | null = null
  let over = Promise.resolve<string | null>(null)
  const ends: (() => unknown)[] = []
  const untilOver: Tap = { teardown: end => ends.push(end) }
  const { port } = await startFrameServer(untilOver, client => {
    // Who comes again after the connection is gone is sent away.
    if (next === null) client.socket.destroy()
    else over = playTo(client, next)
    next = null
  })
  const [stop] = ends.splice(0)
  t.teardown(stop!)

  return async answer => {
    const wire = connectWire(untilOver, `http://127.0.0.1:${port}`, {
      connection: { streamWindowBytes: 2_000 },
      writeMaxBytes: 100_000
    })
    next = { ...answer, call: () => wire.unary(getProduct, zeros(1), { timeoutMs: foreverMs }) }
    const outcomes = await Promise.all(callsOn(wire).map(outcomeOf))
    // Calls are over before the server has heard why.
    const wrong = await over
    for (const end of ends.splice(0)) end()
    return [...outcomes, wrong].filter(problem => problem !== null)
  }
}

type Tap = Pick<typeof t, 'teardown'>

/** An answer, and the call that is made behind it. */
interface Played extends RandomAnswer {
  call(): Promise<unknown>
}

/** Plays the answer, and ends the connection. Answers what is wrong with what the client did, or null. */
async function playTo(client: ClientConnection, { opening: first, pieces, isWhole, call }: Played) {
  let problem: string | null = null
  client.socket.setNoDelay(true)
  client.send(first)
  if (first === opening) await client.frame(FrameType.HEADERS, ({ streamId }) => streamId === lastStreamId)
  for (const piece of pieces) {
    if (client.isClosed) break
    client.send(piece)
    await untilRead()
  }
  if (isWhole && first === opening && !client.isClosed) {
    client.send(ping(barrier))
    // Either it goes on, or it is over: a client that does neither is found by its calls, which do not end.
    await client.frame(FrameType.PING, ({ payload }) => payload.equals(barrier))
    if (!client.isClosed) problem = await problemOfNext(client, call)
  }
  client.socket.end()
  await client.frame(0xff)
  return problem ?? wrongWords(client)
}

/** Lets one more call through, whatever was said before: it is answered, unless the connection was given up. */
async function problemOfNext(client: ClientConnection, makeCall: Played['call']): Promise<string | null> {
  client.send(generous)
  const call = makeCall()
  const problem = outcomeOf(call)
  const request = client.frame(FrameType.HEADERS, ({ streamId }) => streamId > lastStreamId)
  const first = await Promise.race([request, problem])
  if (first === null || typeof first === 'string') return problem
  client.send(goodAnswer(first.streamId))
  const isAnswered = await call.then(
    () => true,
    () => false
  )
  // What is generous may be more than a window can be.
  const isGivenUp = client.frames.some(({ type }) => type === FrameType.GOAWAY)
  return isAnswered || isGivenUp ? null : 'the connection goes on, and the next call does not'
}

/** INTERNAL_ERROR is what we say of our own mistakes. */
function wrongWords({ frames }: ClientConnection): string | null {
  const goaways = frames.filter(({ type }) => type === FrameType.GOAWAY).map(({ payload }) => payload.readUInt32BE(4))
  const resets = frames
    .filter(({ type }) => type === FrameType.RST_STREAM)
    .map(({ payload }) => payload.readUInt32BE(0))
  if (goaways.length > 1) return `GOAWAY ${goaways.map(errorCodeName)}`
  const wrong = [...goaways, ...resets].find(code => code === ErrorCode.INTERNAL_ERROR || code > 0xd)
  return wrong === undefined ? null : `the server is told ${errorCodeName(wrong)}`
}

/** One of each kind: the second does not fit into the windows, and the last is not read. */
function callsOn(wire: Wire): Promise<unknown>[] {
  const hi = Buffer.from('hi')
  return [
    wire.unary(getProduct, hi, { timeoutMs: foreverMs }),
    wire.unary(getProduct, Buffer.alloc(90_000), { timeoutMs: foreverMs }),
    wire.stream(watchTopic, hi, { timeoutMs: foreverMs }).then(readAll),
    wire.stream(importTopic, manyMessages(), { timeoutMs: foreverMs }).then(readAll),
    wire.stream(watchTopic, hi, { timeoutMs: foreverMs }).then(overOf)
  ]
}

async function* manyMessages() {
  for (let at = 0; at < 100; at++) yield Buffer.alloc(1_000)
}

/** Null when it ended as calls do: with an answer, or an error of ours that is no mistake of ours. */
async function outcomeOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call
    return null
  } catch (error) {
    if (!(error instanceof ConnectError)) return `no error of ours: ${error}`
    if (error.code === Code.DeadlineExceeded) return 'a call that does not end'
    for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof TypeError || cause instanceof RangeError) return `a mistake of ours: ${cause.stack}`
    }
    return null
  }
}
