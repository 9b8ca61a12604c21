import { setTimeout } from 'node:timers/promises'
import { Code } from '@connectrpc/connect'
import t, { type Test } from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { SettingId } from '../../../../lib/upstream/http2/settings.ts'
import { connectWire } from '../grpc/helper.ts'
import { packedHeaders } from '../grpc/servers.ts'
import { type ClientConnection, frame, settings, startFrameServer } from '../http2/frame-server.ts'
import { attackEach, callerOf, untilRead } from './attack.ts'
import {
  continuation,
  data,
  goaway,
  goodAnswer,
  head,
  headers,
  message,
  opening,
  ping,
  settingsAck,
  trailers,
  windowUpdate,
  zeros
} from './bytes.ts'

const unavailable = ['UNAVAILABLE', null] as const

t.test('what does not begin as HTTP/2 is told so, and the call is unavailable', async t => {
  const tooLarge = ['UNAVAILABLE', 'GOAWAY FRAME_SIZE_ERROR'] as const
  const protocol = ['UNAVAILABLE', 'GOAWAY PROTOCOL_ERROR'] as const
  attackEach(
    t,
    [
      ['HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), ...tooLarge],
      ['an alert of TLS, and more', Buffer.from('15030100020246150301000201', 'hex'), ...tooLarge],
      ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), ...tooLarge],
      ['our own preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...tooLarge],
      ['zeros', zeros(9), ...protocol],
      ['ones', Buffer.alloc(100, 0xff), ...tooLarge],
      ['an acknowledgement of SETTINGS', [settingsAck, opening], ...protocol],
      ['PING', [ping(), opening], ...protocol],
      ['GOAWAY', [goaway(0), opening], ...protocol],
      ['HEADERS', [head, opening], ...protocol],
      ['an unknown frame', [frame(0x55, 0, 0), opening], ...protocol],
      ['SETTINGS that cannot be', settings([2, 1]), ...protocol],
      ['an answer before there is a call', [opening, goodAnswer()], ...protocol]
    ],
    { isOpening: true }
  )
})

t.test('what ends before it began is unavailable', async t => {
  attackEach(
    t,
    [
      ['nothing', zeros(0), ...unavailable],
      ['a byte', zeros(1), ...unavailable],
      ['an alert of TLS', Buffer.from('15030100020246', 'hex'), ...unavailable],
      ['half of SETTINGS', settings([4, 1]).subarray(0, 12), ...unavailable]
    ],
    { isOpening: true, closes: true }
  )
})

/** Calls by TLS a server that begins so. */
async function callByTls(t: Test, first: Buffer, closes: boolean): Promise<string> {
  const { port } = await startFrameServer(t, ({ socket }) => {
    socket.once('data', () => (closes ? socket.end(first) : socket.write(first)))
  })
  return callerOf(t, port, { tls: {}, connection: { connectTimeoutMs: closes ? 5_000 : 50 } })()
}

const helloDone = Buffer.from('160303000b0e00000716030300', 'hex')

for (const [title, first, closes] of [
  ['in plain text', opening, true],
  ['with HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), true],
  ['with an alert', Buffer.from('15030300020228', 'hex'), true],
  ['with half a message', helloDone.subarray(0, 8), true],
  ['with a message out of order', helloDone, true],
  ['with zeros', zeros(5_000), true],
  ['with nothing', zeros(0), true],
  ['with half a message, and no more', helloDone.subarray(0, 8), false]
] as const) {
  t.test(`a server that answers TLS ${title} is unavailable`, async t => {
    t.equal(await callByTls(t, first, closes), 'UNAVAILABLE')
  })
}

t.test('what begins and does not go on is unavailable after a while', async t => {
  const whenEver = { isOpening: true, connection: { connectTimeoutMs: 50 } }
  attackEach(t, [['half a frame', frame(FrameType.SETTINGS, 0, 0, zeros(6), 16_384), ...unavailable]], whenEver)
})

t.test('a connection that ends within an answer makes the call unavailable', async t => {
  attackEach(
    t,
    [
      ['before it', zeros(0), ...unavailable],
      ['behind its headers', head, ...unavailable],
      ['behind its message', [head, message], ...unavailable],
      ['behind GOAWAY', [goaway(1), head, message], ...unavailable],
      ['within a header block', frame(FrameType.HEADERS, 0, 1, packedHeaders), ...unavailable]
    ],
    { closes: true }
  )
})

/** With frames of nothing, which end with their header, and a header block in two frames, which two reads may bring. */
const answer = Buffer.concat([
  settingsAck,
  headers(packedHeaders.subarray(0, 10), 0),
  continuation(packedHeaders.subarray(10), Flag.END_HEADERS),
  data(zeros(0)),
  message,
  trailers
])

/** A server for many connections, one behind the other: each answers in its own way. */
async function answerEach(t: Test, respond: (client: ClientConnection, at: number) => void | Promise<void>) {
  let at = 0
  const { port } = await startFrameServer(t, async client => {
    const turn = at
    at += 1
    client.socket.setNoDelay(true)
    client.send(opening)
    await client.frame(FrameType.HEADERS)
    await respond(client, turn)
  })
  return callerOf(t, port, {})
}

t.test('an answer that is cut off at any byte makes the call unavailable', async t => {
  const call = await answerEach(t, ({ socket }, at) => {
    socket.end(answer.subarray(0, at))
  })
  const outcomes = []
  while (outcomes.length <= answer.length) outcomes.push(await call())
  t.same(outcomes, [...new Array<string>(answer.length).fill('UNAVAILABLE'), 'ok'])
})

t.test('so does one whose connection is reset at any byte', async t => {
  const call = await answerEach(t, async ({ socket }, at) => {
    await new Promise<void>(resolve => socket.write(answer.subarray(0, at), () => resolve()))
    socket.resetAndDestroy()
  })
  const outcomes = []
  while (outcomes.length < answer.length) outcomes.push(await call())
  t.same(outcomes, new Array<string>(answer.length).fill('UNAVAILABLE'))
})

t.test('an answer that is cut in two at any byte is read', async t => {
  const call = await answerEach(t, async ({ socket }, at) => {
    // The next call is for a connection of its own.
    socket.write(Buffer.concat([goaway(1), answer.subarray(0, at)]))
    await untilRead()
    socket.write(answer.subarray(at))
  })
  const outcomes = []
  while (outcomes.length <= answer.length) outcomes.push(await call())
  t.same(outcomes, new Array<string>(answer.length + 1).fill('ok'))
})

t.test('a server that breaks the rules and does not read is let go of', async t => {
  const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
  const untilThereAre = async (count: number) => {
    while (sockets() !== count) await setTimeout(10)
  }
  // Those of other tests are closed.
  await untilThereAre(0)
  const { port } = await startFrameServer(t, async client => {
    // One frame is more than the buffers of the system take.
    const large = settings([SettingId.INITIAL_WINDOW_SIZE, 2 ** 30], [SettingId.MAX_FRAME_SIZE, 2 ** 24 - 1])
    client.send(large, windowUpdate(2 ** 30, 0))
    await client.frame(FrameType.HEADERS)
    client.socket.pause()
    client.send(ping(zeros(7)))
  })
  const options = { timeoutMs: 10_000, writeMaxBytes: 2 ** 25 }
  const wire = connectWire(t, `http://127.0.0.1:${port}`, options)
  await t.rejects(wire.unary(ProductService.method.getProduct, zeros(2 ** 25)), { code: Code.Internal })
  t.equal(sockets(), 2, 'what was written has not gone')
  await untilThereAre(1)
})

t.test('an answer that drips, a byte at a time, is read', async t => {
  const call = await answerEach(t, async ({ socket }) => {
    for (const octet of answer) {
      socket.write(Buffer.from([octet]))
      await untilRead()
    }
  })
  t.equal(await call(), 'ok')
})
