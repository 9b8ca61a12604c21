import { mock } from 'node:test'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { WaitingCalls } from '../../../../lib/upstream/channel/waiting.ts'
import type { Answer, Call } from '../../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../../lib/upstream/grpc/lifetime.ts'
import { unavailable } from '../../../../lib/upstream/grpc/stream-status.ts'

interface NamedCall extends Call {
  name: string
}

function callOf(name: string, lifetime = new Lifetime()): NamedCall {
  return { name, lifetime } as unknown as NamedCall
}

function createQueue({ maxWaiting = 10, maxWaitMs = 5_000 } = {}) {
  const queue = new WaitingCalls({ maxWaiting, maxWaitMs, errorOf: problem => unavailable(problem) })
  /** What was started, in order. */
  const started: string[] = []
  /** Has room for so many calls. */
  const startSome = (room: number) => {
    let left = room
    queue.startAll(() => {
      if (left-- <= 0) return null
      return {
        async start(call) {
          started.push((call as NamedCall).name)
          return (call as NamedCall).name as unknown as Answer
        }
      }
    })
  }
  return { queue, started, startSome }
}

/** What became of a call, when that is known already. */
async function fateOf(answer: Promise<unknown>): Promise<unknown> {
  const pending = new Promise(resolve => setImmediate(resolve, 'waits'))
  return Promise.race([answer.catch(error => (error as Error).message), pending])
}

t.test('calls start in the order in which they came, as far as there is room', async t => {
  const { queue, started, startSome } = createQueue()
  const answers = ['a', 'b', 'c'].map(name => queue.wait(callOf(name)))
  startSome(2)
  t.same(started, ['a', 'b'])
  t.equal(queue.size, 1)
  t.equal(await fateOf(answers[2]!), 'waits')
  startSome(2)
  t.same(await Promise.all(answers), ['a', 'b', 'c'])
})

t.test('a call that makes room as it starts does not start twice', async t => {
  const { queue, started, startSome } = createQueue()
  const answer = queue.wait(callOf('a'))
  queue.startAll(() => ({
    async start() {
      startSome(5)
      started.push('again')
      return 'done' as unknown as Answer
    }
  }))
  t.equal(await answer, 'done')
  t.same(started, ['again'])
})

t.test('more than may wait are refused at once', async t => {
  const { queue } = createQueue({ maxWaiting: 2 })
  const waiting = [queue.wait(callOf('a')), queue.wait(callOf('b'))]
  await t.rejects(queue.wait(callOf('c')), { code: Code.Unavailable, rawMessage: '2 calls wait already' })
  for (const answer of waiting) t.equal(await fateOf(answer), 'waits')
})

t.test('a call that is cancelled waits no more, and fails with its reason', async t => {
  const { queue, started, startSome } = createQueue()
  const lifetime = new Lifetime()
  const answers = [queue.wait(callOf('a', lifetime)), queue.wait(callOf('b'))]
  lifetime.end(new ConnectError('gone', Code.Canceled))
  await t.rejects(answers[0]!, { code: Code.Canceled })
  t.equal(queue.size, 1)
  startSome(5)
  t.same(started, ['b'])
})

t.test('a call whose deadline passes is UNAVAILABLE: it was never sent', async t => {
  const { queue } = createQueue()
  const lifetime = new Lifetime()
  const answer = queue.wait(callOf('a', lifetime))
  lifetime.end(new ConnectError('late', Code.DeadlineExceeded))
  await t.rejects(answer, { code: Code.Unavailable, rawMessage: 'the deadline passed before there was one' })
})

t.test('a call that had ended before does not wait', async t => {
  const { queue } = createQueue()
  const lifetime = new Lifetime()
  lifetime.end(new ConnectError('late', Code.DeadlineExceeded))
  await t.rejects(queue.wait(callOf('a', lifetime)), { code: Code.DeadlineExceeded })
  t.equal(queue.size, 0)
})

t.test("a call that started is the queue's no more", async t => {
  const { queue, startSome } = createQueue()
  const lifetime = new Lifetime()
  const answer = queue.wait(callOf('a', lifetime))
  startSome(1)
  lifetime.end(new ConnectError('gone', Code.Canceled))
  t.equal(await answer, 'a')
})

t.test('all fail when there is nothing to wait for', async t => {
  const { queue } = createQueue()
  const answers = ['a', 'b'].map(name => queue.wait(callOf(name)))
  queue.failAll('closed')
  for (const answer of answers) await t.rejects(answer, { code: Code.Unavailable, rawMessage: 'closed' })
  t.equal(queue.size, 0)
})

t.test('who has waited too long fails, each at its own time', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  mock.method(performance, 'now', () => now)
  t.teardown(() => {
    mock.timers.reset()
    mock.restoreAll()
  })
  const pass = (ms: number) => {
    now += ms
    mock.timers.tick(ms)
  }
  const { queue } = createQueue()
  const first = queue.wait(callOf('a'))
  pass(3_000)
  const second = queue.wait(callOf('b'))
  pass(1_999)
  t.equal(await fateOf(first), 'waits')
  pass(1)
  await t.rejects(first, { code: Code.Unavailable, rawMessage: 'none in 5000 ms' })
  t.equal(await fateOf(second), 'waits')
  pass(3_000)
  await t.rejects(second, { code: Code.Unavailable })
})

t.test('without a limit they wait for as long as they live', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { queue } = createQueue({ maxWaitMs: Number.POSITIVE_INFINITY })
  const answer = queue.wait(callOf('a'))
  mock.timers.tick(2 ** 31)
  t.equal(await fateOf(answer), 'waits')
})
