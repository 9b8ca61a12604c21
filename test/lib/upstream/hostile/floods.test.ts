import { once } from 'node:events'
import { ConnectError } from '@connectrpc/connect'
import t, { type Test } from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import { ConnectionError, errorCodeName, StreamError } from '../../../../lib/upstream/http2/errors.ts'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { connectWire } from '../grpc/helper.ts'
import { packedHeaders } from '../grpc/servers.ts'
import { type ClientConnection, frame, settings, startFrameServer } from '../http2/frame-server.ts'
import { data, goaway, head, headers, opening, ping, reset, settingsAck, windowUpdate, zeros } from './bytes.ts'

const { getProduct } = ProductService.method

/** Sends the frame again and again, as long as it is taken. */
async function flood({ socket }: ClientConnection, bytes: Buffer): Promise<void> {
  const chunk = Buffer.concat(new Array<Buffer>(Math.ceil(16_384 / bytes.length)).fill(bytes))
  while (!socket.destroyed) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
}

/** What ends a call on a connection that is flooded: the code with which the connection was ended. */
async function floodedBy(t: Test, first: Uint8Array[], bytes: Buffer): Promise<string> {
  const { port } = await startFrameServer(t, async client => {
    client.send(opening)
    await client.frame(FrameType.HEADERS)
    client.send(...first)
    await flood(client, bytes)
  })
  const wire = connectWire(t, `http://127.0.0.1:${port}`, { timeoutMs: 60_000 })
  const calls = [wire.unary(getProduct, zeros(1)), wire.unary(getProduct, zeros(1))]
  const [, error] = await Promise.allSettled(calls).then(results => results.map(causeOf))
  return error!
}

function causeOf(result: PromiseSettledResult<unknown>): string {
  const error: unknown = result.status === 'rejected' ? result.reason : null
  if (!(error instanceof ConnectError) || !(error.cause instanceof StreamError)) return String(error)
  const { cause } = error.cause
  return cause instanceof ConnectionError ? errorCodeName(cause.code) : String(cause)
}

const floods: [title: string, first: Uint8Array[], bytes: Buffer][] = [
  ['PING', [], ping()],
  ['answers to PINGs', [], ping(zeros(8), Flag.ACK)],
  ['SETTINGS', [], settings()],
  ['SETTINGS with a value', [], settings([4, 65_535])],
  ['acknowledgements of SETTINGS', [], settingsAck],
  ['WINDOW_UPDATE of the connection', [], windowUpdate(1, 0)],
  ['WINDOW_UPDATE of a stream', [], windowUpdate(1)],
  ['PRIORITY', [], frame(FrameType.PRIORITY, 0, 1, zeros(5))],
  ['unknown frames', [], frame(0x55, 0, 1)],
  ['GOAWAY', [], goaway(2 ** 31 - 1)],
  ['DATA of nothing', [head], data(zeros(0))],
  ['DATA of padding alone', [head], data(Buffer.concat([Buffer.from([9]), zeros(9)]), Flag.PADDED)],
  ['DATA of a stream that is over', [reset(8)], data(zeros(1))],
  ['HEADERS of a stream that is over', [reset(8)], headers(packedHeaders)],
  ['RST_STREAM of a stream that is over', [], reset(8)],
  ['WINDOW_UPDATE of a stream that is over', [reset(8)], windowUpdate(1)]
]

for (const [title, first, bytes] of floods) {
  t.test(`a flood of ${title} ends the connection`, async t => {
    t.equal(await floodedBy(t, first, bytes), 'ENHANCE_YOUR_CALM')
  })
}
