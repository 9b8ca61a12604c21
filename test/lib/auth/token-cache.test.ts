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

t.test('what is forgotten in between, or all at once, does not count among them', async t => {
  const { cache, clock } = setUp(2)
  const set = (token: string, lifeMs: number) => cache.set(token, token, clock.now + lifeMs)
  const known = () => ['a', 'b', 'c', 'd', 'e', 'f'].filter(token => cache.get(token) !== null)
  set('a', 500)
  set('b', 100)
  clock.now += 100
  t.equal(cache.get('b'), null)
  set('c', 500)
  t.same(known(), ['a', 'c'])
  set('d', 500)
  t.same(known(), ['c', 'd'])
  cache.clear()
  for (const token of ['a', 'e', 'f']) set(token, 500)
  t.same(known(), ['e', 'f'])
})

t.test('so many are remembered, and the oldest is forgotten first', async t => {
  const { cache, clock } = setUp(2)
  for (const token of ['a', 'b', 'c']) cache.set(token, token, clock.now + 500)
  t.same(
    ['a', 'b', 'c'].map(token => cache.get(token)),
    [null, 'b', 'c']
  )
})
