import t from 'tap'
import { takeTokens, tokenBucket } from '../../../lib/limiter/token-bucket.ts'

const bucket = { size: 5, periodMs: 1_000 }

/** Takes tokens at the given times; answers which were allowed. */
function takeAt(times: number[], of = bucket) {
  let fullAt: number | undefined
  return times.map(now => {
    const decision = takeTokens(of, fullAt, now)
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
  t.equal(takeTokens(bucket, refused.fullAt, 199).allowed, false)
  t.equal(takeTokens(bucket, refused.fullAt, 200).allowed, true)
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

t.test('a request may cost more than one token: it takes all of them, or none', async t => {
  const first = takeTokens(bucket, undefined, 0, 3)
  t.match(first, { allowed: true, remaining: 2, resetMs: 600 })
  const second = takeTokens(bucket, first.fullAt, 0, 3)
  t.match(second, { allowed: false, remaining: 2, resetMs: 200 })
  t.match(takeTokens(bucket, second.fullAt, 0, 2), { allowed: true, remaining: 0 })
})

t.test('the bucket of a rate and a burst fills with the rate', async t => {
  t.same(tokenBucket(100, 200), { size: 200, periodMs: 2_000 })
})
