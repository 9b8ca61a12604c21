import t from 'tap'
import { BlockedKeys } from '../../../lib/limiter/blocked-keys.ts'

t.test('a key is refused until its time, and others never are', async t => {
  let clock = 0
  const blocked = new BlockedKeys(10, () => clock)
  t.equal(blocked.remainingMs('a'), 0)
  blocked.block('a', 100)
  clock = 40
  t.equal(blocked.remainingMs('a'), 60)
  t.equal(blocked.remainingMs('b'), 0)
  clock = 100
  t.equal(blocked.remainingMs('a'), 0)
})

t.test('blocked again, the later time counts', async t => {
  const blocked = new BlockedKeys(10, () => 0)
  blocked.block('a', 100)
  blocked.block('a', 300)
  t.equal(blocked.remainingMs('a'), 300)
})

t.test('the number of keys is bounded, and the one that was blocked longest ago goes first', async t => {
  const blocked = new BlockedKeys(2, () => 0)
  for (const key of ['a', 'b', 'a', 'c']) blocked.block(key, 100)
  t.same(
    ['a', 'b', 'c'].map(key => blocked.remainingMs(key)),
    [100, 0, 100]
  )
})
