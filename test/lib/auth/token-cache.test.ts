import t from 'tap'
import { TokenCache } from '../../../lib/auth/token-cache.ts'

function setUp(maxTokens = 10) {
  const clock = { now: 1_000_000 }
  return { clock, cache: new TokenCache<string>({ maxTokens, now: () => clock.now }) }
}

t.test('a token is remembered for a minute', async t => {
  const { cache, clock } = setUp()
  cache.set('token', 'ada', clock.now + 3_600_000)
  clock.now += 59_999
  t.equal(cache.get('token'), 'ada')
  t.equal(cache.get('token2'), null)
  clock.now += 1
  t.equal(cache.get('token'), null)
})

t.test('never beyond its own end', async t => {
  const { cache, clock } = setUp()
  cache.set('token', 'ada', clock.now + 500)
  clock.now += 500
  t.equal(cache.get('token'), null)
  cache.set('over', 'ada', clock.now - 1)
  t.equal(cache.get('over'), null)
})

t.test('nothing is remembered once a key may be gone', async t => {
  const { cache, clock } = setUp()
  cache.set('token', 'ada', clock.now + 500)
  cache.clear()
  t.equal(cache.get('token'), null)
})

t.test('so many are remembered, and those that came last are not forgotten', async t => {
  const { cache, clock } = setUp(4)
  for (const token of ['a', 'b', 'c', 'd']) cache.set(token, token, clock.now + 500)
  t.same(
    ['a', 'b', 'c', 'd'].map(token => cache.get(token)),
    [null, null, 'c', 'd']
  )
})
