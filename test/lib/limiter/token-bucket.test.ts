import t from 'tap'
import { takeToken } from '../../../lib/limiter/token-bucket.ts'

const bucket = { size: 5, periodMs: 1_000 }

/** Takes tokens at the given times; answers which were allowed. */
function takeAt(times: number[], of = bucket) {
  let fullAt: number | undefined
  return times.map(now => {
    const decision = takeToken(of, fullAt, now)
    fullAt = decision.fullAt
    return decision
  })
}

t.test('a full bucket gives its size at once, and then nothing', async t => {
  const decisions = takeAt([0, 0, 0, 0, 0, 0])
  t.same(
    decisions.map(({ allowed }) => allowed),
    [true, true, true, true, true, false]
  )
  t.same(
    decisions.map(({ remaining }) => remaining),
    [4, 3, 2, 1, 0, 0]
  )
})

t.test('a refusal says when a token is there, and then it is', async t => {
  const refused = takeAt([0, 0, 0, 0, 0, 0]).at(-1)!
  t.equal(refused.resetMs, 200)
  t.equal(takeToken(bucket, refused.fullAt, 199).allowed, false)
  t.equal(takeToken(bucket, refused.fullAt, 200).allowed, true)
})

t.test('a refused request costs nothing', async t => {
  const [, , , , , first, second] = takeAt([0, 0, 0, 0, 0, 0, 0])
  t.equal(second?.fullAt, first?.fullAt)
})

t.test('no more than its size is ever saved up', async t => {
  const allowed = takeAt([0, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000]).filter(decision => decision.allowed)
  t.equal(allowed.length, 6)
})

t.test('over any span, at most size plus what flowed in passes, also across the edge of a period', async t => {
  // 100 requests per second for ten seconds.
  const times = Array.from({ length: 1_000 }, (_, index) => index * 10)
  const allowed = takeAt(times).filter(decision => decision.allowed)
  t.equal(allowed.length, 5 + Math.floor((9_990 * 5) / 1_000))
})

t.test('who comes exactly in time is not refused for a rounding', async t => {
  const thirds = { size: 3, periodMs: 1_000 }
  const start = 123_456.789
  const times = Array.from({ length: 300 }, (_, index) => start + (index * 1_000) / 3)
  t.ok(takeAt([start, start, ...times.slice(1)], thirds).every(({ allowed }) => allowed))
})
