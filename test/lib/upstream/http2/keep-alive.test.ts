import t from 'tap'
import { FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { until } from '../../../helper.ts'
import { connect, request } from './client.ts'
import { type ClientConnection, frame, settings, startFrameServer, status200 } from './frame-server.ts'

const ack = 1

/** A server that answers PINGs, or not, and nothing else. */
async function startSilent(t: Tap, answersPings: boolean) {
  const clients: ClientConnection[] = []
  const address = await startFrameServer(t, async client => {
    clients.push(client)
    client.send(settings(), frame(FrameType.SETTINGS, ack, 0))
    for (let seen = 0; answersPings; seen++) {
      const ping = await client.frame(FrameType.PING, candidate => pingsOf(client).indexOf(candidate) === seen)
      if (ping === null) return
      client.send(frame(FrameType.PING, ack, 0, ping.payload))
    }
  })
  return { address, pings: () => pingsOf(clients[0]!).length, clients }
}

type Tap = Pick<typeof t, 'teardown'>

function pingsOf({ frames }: ClientConnection) {
  return frames.filter(({ type }) => type === FrameType.PING)
}

t.test('an open call on a silent connection makes it answer, more and more rarely', async t => {
  const { address, pings } = await startSilent(t, true)
  const { connection, ready, told } = connect(t, address, { pingIntervalMs: 4 })
  await ready
  request(connection)
  const startedAt = performance.now()
  await until(() => pings() === 3)
  // After 4, 40 and 400 ms of silence each.
  t.ok(performance.now() - startedAt >= 4 + 40 + 400)
  t.equal(told.closed, 0)
})

t.test('a connection without calls is not asked', async t => {
  const { address, pings } = await startSilent(t, true)
  const { ready } = connect(t, address, { pingIntervalMs: 2 })
  await ready
  const startedAt = performance.now()
  await until(() => performance.now() - startedAt > 100)
  t.equal(pings(), 0)
})

t.test('nor is one on which something is heard', async t => {
  const { address, pings, clients } = await startSilent(t, true)
  const { connection, ready } = connect(t, address, { pingIntervalMs: 100 })
  await ready
  const { streamId } = request(connection)
  clients[0]!.send(frame(FrameType.HEADERS, 4, streamId, status200))
  const timer = setInterval(() => clients[0]!.send(frame(FrameType.DATA, 0, streamId, Buffer.from('.'))), 5)
  t.teardown(() => clearInterval(timer))
  const startedAt = performance.now()
  await until(() => performance.now() - startedAt > 450)
  t.equal(pings(), 0)
})

t.test('a connection that does not answer is closed, and its calls fail', async t => {
  const { address } = await startSilent(t, false)
  const { connection, ready, closed } = connect(t, address, { pingIntervalMs: 5, pingTimeoutMs: 10 })
  await ready
  const stream = request(connection)
  t.match(await stream.closed, { origin: 'connection', isUnprocessed: false, message: 'no answer to a PING' })
  t.match(await closed, { code: 'ETIMEDOUT' })
})
