import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { Lifetime } from '../../../../lib/upstream/grpc/lifetime.ts'
import { until } from '../../../helper.ts'

/** Keeps what it is told. */
function createListener() {
  const told: ConnectError[] = []
  return { told, onLifetimeEnd: (reason: ConnectError) => told.push(reason) }
}

t.test('a call goes on until something ends it', async t => {
  const lifetime = new Lifetime(new Lifetime(), new AbortController().signal)
  t.equal(lifetime.reason, null)
  t.equal(lifetime.signal.aborted, false)
  t.equal(lifetime.remainingMs(), Number.POSITIVE_INFINITY)
})

t.test('what ends a call is told at once, once, to all that listen, and to its signal', async t => {
  const caller = new AbortController()
  const lifetime = new Lifetime(null, caller.signal)
  const listeners = [createListener(), createListener(), createListener()]
  for (const listener of listeners) lifetime.onEnd(listener)
  const { signal } = lifetime
  caller.abort()
  lifetime.end(new ConnectError('later', Code.Internal))
  for (const { told } of listeners) t.same(told, [lifetime.reason])
  t.match(lifetime.reason, { code: Code.Canceled })
  t.equal(signal.reason, lifetime.reason)
})

t.test('who listens no more is not told', async t => {
  for (const leaving of [0, 1, 2]) {
    const lifetime = new Lifetime()
    const listeners = [createListener(), createListener(), createListener()]
    for (const listener of listeners) lifetime.onEnd(listener)
    lifetime.offEnd(listeners[leaving]!)
    lifetime.end(new ConnectError('no', Code.Canceled))
    t.same(
      listeners.map(({ told }) => told.length),
      [0, 1, 2].map(index => (index === leaving ? 0 : 1))
    )
  }
})

t.test('who listens late is told at once', async t => {
  const lifetime = new Lifetime(null, AbortSignal.abort())
  const listener = createListener()
  lifetime.onEnd(listener)
  t.same(listener.told, [lifetime.reason])
  t.equal(lifetime.signal.aborted, true)
})

t.test('its parent ends it, and so does its signal', async t => {
  for (const who of ['parent', 'signal']) {
    const parent = new Lifetime()
    const controller = new AbortController()
    const lifetime = new Lifetime(parent, controller.signal)
    if (who === 'parent') parent.end(new ConnectError('no', Code.Canceled))
    else controller.abort()
    t.match(lifetime.reason, { code: Code.Canceled }, who)
    const late = new Lifetime(parent, controller.signal)
    t.match(late.reason, { code: Code.Canceled }, `${who}, before it began`)
  }
})

t.test('a caller’s reason stays what it is', async t => {
  const late = new ConnectError('late', Code.DeadlineExceeded)
  t.equal(new Lifetime(null, AbortSignal.abort(late)).reason, late)
  const cause = new RangeError('why')
  t.match(new Lifetime(null, AbortSignal.abort(cause)).reason, { code: Code.Canceled, cause })
})

t.test('a deadline passes', async t => {
  const lifetime = new Lifetime()
  lifetime.endAt(performance.now() + 1)
  await until(() => lifetime.reason !== null)
  t.match(lifetime.reason, { code: Code.DeadlineExceeded })
  t.equal(lifetime.remainingMs(), 0)
})

t.test('of several deadlines the earliest counts', async t => {
  const now = performance.now()
  const lifetime = new Lifetime()
  t.teardown(() => lifetime.close())
  for (const [ms, expected] of [
    [50_000, 50_000],
    [20_000, 20_000],
    [30_000, 20_000]
  ] as const) {
    lifetime.endAt(now + ms)
    t.equal(lifetime.deadline, now + expected)
  }
  t.ok(lifetime.remainingMs() > 10_000 && lifetime.remainingMs() <= 20_000)
})

t.test('a deadline that has passed ends the call at once', async t => {
  const lifetime = new Lifetime()
  lifetime.endAt(performance.now() - 1)
  t.match(lifetime.reason, { code: Code.DeadlineExceeded })
})

t.test('a deadline that no timer can count does not pass', async t => {
  const lifetime = new Lifetime()
  t.teardown(() => lifetime.close())
  lifetime.endAt(1e15)
  await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(lifetime.reason, null)
})

t.test('what is over by itself is not ended by anything', async t => {
  const caller = new AbortController()
  const lifetime = new Lifetime(null, caller.signal)
  const listener = createListener()
  lifetime.onEnd(listener)
  lifetime.close()
  lifetime.endAt(0)
  caller.abort()
  lifetime.end(new ConnectError('late', Code.Canceled))
  t.equal(lifetime.reason, null)
  t.same(listener.told, [])
})

t.test('a fork ends with its parent, and has its deadline', async t => {
  const lifetime = new Lifetime()
  lifetime.endAt(performance.now() + 60_000)
  const fork = lifetime.fork()
  t.equal(fork.deadline, lifetime.deadline)
  lifetime.end(new ConnectError('no', Code.Canceled))
  t.equal(fork.reason, lifetime.reason)
  t.equal(lifetime.fork().reason, lifetime.reason, 'also when it is made late')
})

t.test('a fork may end, or be over, alone', async t => {
  const lifetime = new Lifetime()
  const [ended, closed] = [lifetime.fork(), lifetime.fork()]
  ended.end(new ConnectError('no', Code.Canceled))
  closed.close()
  t.equal(lifetime.reason, null)
  lifetime.end(new ConnectError('late', Code.Canceled))
  t.not(ended.reason, lifetime.reason)
  t.equal(closed.reason, null)
})
