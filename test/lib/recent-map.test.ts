import t from 'tap'
import { RecentMap } from '../../lib/recent-map.ts'

t.test('holds what was set last', async t => {
  const map = new RecentMap<string, number>(10)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  t.same([map.get('a'), map.get('b'), map.get('c'), map.size], [3, 2, undefined, 2])
})

t.test('forgets what was not used while half as many others came', async t => {
  const map = new RecentMap<string, number>(4)
  map.set('used', 1)
  map.set('not used', 2)
  map.get('used')
  for (const key of ['a', 'b']) map.set(key, 3)
  t.equal(map.get('not used'), undefined)
  t.equal(map.get('used'), 1)
})

t.test('holds as many as it may, and each once', async t => {
  const map = new RecentMap<number, number>(100)
  for (let index = 0; index < 1_000; index++) {
    map.set(index % 170, index)
    map.set(index % 170, index)
    t.ok(map.size <= 100, `${map.size} entries`)
    for (let back = 0; back < 50; back++) if (index >= back) map.get((index - back) % 170)
  }
})

t.test('an entry that is deleted is gone, wherever it was', async t => {
  const map = new RecentMap<string, number>(4)
  for (const key of ['older', 'old', 'recent']) map.set(key, 1)
  for (const key of ['older', 'recent']) map.delete(key)
  t.same([map.get('older'), map.get('old'), map.get('recent'), map.size], [undefined, 1, undefined, 1])
  map.clear()
  t.same([map.get('old'), map.size], [undefined, 0])
})
