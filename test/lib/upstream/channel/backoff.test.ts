import t from 'tap'
import { Backoff } from '../../../../lib/upstream/channel/backoff.ts'

/** In the middle of the jitter, which is then none. */
const middle = () => 0.5

function waits(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => Math.round(backoff.next()))
}

t.test('waits grow by 1.6, from 1 s to 30 s', async t => {
  t.same(waits(new Backoff({}, middle), 10), [1000, 1600, 2560, 4096, 6554, 10486, 16777, 26844, 30000, 30000])
})

t.test('after a success they begin anew', async t => {
  const backoff = new Backoff({}, middle)
  waits(backoff, 5)
  backoff.reset()
  t.same(waits(backoff, 2), [1000, 1600])
})

t.test('each may be a fifth shorter or longer', async t => {
  t.same(waits(new Backoff({}, () => 0), 2), [800, 1280])
  t.same(waits(new Backoff({}, () => 1), 2), [1200, 1920])
})

t.test('all of that can be said', async t => {
  const backoff = new Backoff({ baseMs: 10, factor: 2, jitter: 0, maxMs: 35 }, () => 1)
  t.same(waits(backoff, 4), [10, 20, 35, 35])
})
