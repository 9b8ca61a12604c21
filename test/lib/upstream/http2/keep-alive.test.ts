import { mock } from 'node:test'
import t from 'tap'
import { FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { KeepAlive } from '../../../../lib/upstream/http2/keep-alive.ts'
import { connect, request } from './client.ts'
import { frame, settings, startFrameServer } from './frame-server.ts'

/** Asks after a second of silence, and waits two for the answer. Time passes when it is told to. */
function setUp(t: Tap, { isWaiting = true } = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let clock = 0
  const told: string[] = []
  const keepAlive = new KeepAlive({
    intervalMs: 1_000,
    timeoutMs: 2_000,
    isWaiting: () => isWaiting,
    sendPing: () => told.push(`ping at ${clock}`),
    onDead() {
      told.push(`dead at ${clock}`)
      keepAlive.stop()
    },
    now: () => clock
  })
  t.teardown(() => {
    keepAlive.stop()
    mock.timers.reset()
  })
  return {
    keepAlive,
    told,
    /** What is due on the way happens at its time. */
    pass(ms: number) {
      for (const end = clock + ms; clock < end; mock.timers.tick(250)) clock += 250
    }
  }
}

type Tap = Pick<typeof t, 'teardown'>

t.test('an open call on a silent connection makes it answer, more and more rarely', async t => {
  const { keepAlive, told, pass } = setUp(t)
  for (const ms of [1_250, 10_000, 100_000, 300_000, 300_000]) {
    pass(ms)
    // As it does when the answer comes.
    keepAlive.onHeard()
    keepAlive.onPingAck()
  }
  t.same(
    told,
    [1_250, 11_250, 111_250, 411_250, 711_250].map(at => `ping at ${at}`)
  )
})

t.test('a connection without calls is not asked', async t => {
  const { told, pass } = setUp(t, { isWaiting: false })
  pass(60_000)
  t.same(told, [])
})

t.test('nor is one on which something is heard', async t => {
  const { keepAlive, told, pass } = setUp(t)
  for (let second = 0; second < 60; second++) {
    pass(1_000)
    keepAlive.onHeard()
  }
  t.same(told, [])
})

t.test('silence that was broken begins anew', async t => {
  const { keepAlive, told, pass } = setUp(t)
  pass(1_250)
  keepAlive.onHeard()
  keepAlive.onPingAck()
  keepAlive.onHeard()
  pass(1_250)
  t.same(told, ['ping at 1250', 'ping at 2500'])
})

t.test('a server that does not answer in time is dead', async t => {
  const { told, pass } = setUp(t)
  pass(60_000)
  t.same(told, ['ping at 1250', 'dead at 3250'])
})

t.test('one whose answer stands behind data is not', async t => {
  const { keepAlive, told, pass } = setUp(t)
  pass(1_250)
  pass(1_000)
  keepAlive.onHeard()
  pass(1_000)
  t.same(told, ['ping at 1250'])
})

t.test('once stopped, it neither asks nor waits for an answer', async t => {
  const { keepAlive, told, pass } = setUp(t)
  pass(1_250)
  keepAlive.stop()
  pass(60_000)
  t.same(told, ['ping at 1250'])
})

t.test('a connection that does not answer is closed, and its calls fail', async t => {
  const address = await startFrameServer(t, client => client.send(settings(), frame(FrameType.SETTINGS, 1, 0)))
  const { connection, ready, closed } = connect(t, address, { pingIntervalMs: 5, pingTimeoutMs: 10 })
  await ready
  const stream = request(connection)
  t.match(await stream.closed, { origin: 'connection', isUnprocessed: false, message: 'no answer to a PING' })
  t.match(await closed, { code: 'ETIMEDOUT' })
})
