import t from 'tap'
import { Failover } from '../../../lib/limiter/failover.ts'
import type { Taken } from '../../../lib/limiter/store.ts'

const bucket = { size: 1, periodMs: 1_000 }
const fromShared: Taken = { allowed: true, remaining: 1, resetMs: 1 }
const fromLocal: Taken = { allowed: true, remaining: 2, resetMs: 2 }

/** A failover whose shared store fails while `isAway`; what it told is in `told`. */
function setUp() {
  const state = { isAway: false, clock: 0, asked: 0, told: [] as string[] }
  const failover = new Failover({
    shared: {
      async take() {
        state.asked++
        if (state.isAway) throw new Error('away')
        return fromShared
      }
    },
    maxFailures: 3,
    pauseMs: 1_000,
    onFallback: () => state.told.push('fallback'),
    onLost: error => state.told.push(`lost: ${(error as Error).message}`),
    onFound: () => state.told.push('found'),
    now: () => state.clock
  })
  const store = failover.over({ take: () => fromLocal })
  return { state, failover, take: async () => store.take('a', bucket, 1) }
}

t.test('the shared store counts', async t => {
  const { state, failover, take } = setUp()
  t.same(await take(), fromShared)
  t.equal(failover.isShared, true)
  t.same(state.told, [])
})

t.test('a take that fails is the local store’s, and nobody is refused for it', async t => {
  const { state, take } = setUp()
  state.isAway = true
  t.same(await take(), fromLocal)
  t.same(state.told, ['fallback'])
})

t.test('after three failures in a row the shared store is left alone, and that is told once', async t => {
  const { state, failover, take } = setUp()
  state.isAway = true
  for (let count = 0; count < 10; count++) await take()
  t.equal(state.asked, 3)
  t.equal(failover.isShared, false)
  t.equal(state.told.filter(event => event === 'lost: away').length, 1)
})

t.test('failures that are not in a row do not count', async t => {
  const { state, failover, take } = setUp()
  for (const isAway of [true, true, false, true, true]) {
    state.isAway = isAway
    await take()
  }
  t.equal(failover.isShared, true)
})

t.test('after the pause one take tries, and the shared store is used again when it answers', async t => {
  const { state, failover, take } = setUp()
  state.isAway = true
  for (let count = 0; count < 3; count++) await take()
  state.clock = 1_000
  await Promise.all([take(), take(), take()])
  t.equal(state.asked, 4, 'one probe')
  t.equal(failover.isShared, false)
  state.clock = 2_000
  state.isAway = false
  t.same(await take(), fromShared)
  t.equal(failover.isShared, true)
  t.equal(state.told.at(-1), 'found')
})
