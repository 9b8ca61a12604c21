import t from 'tap'
import { createEpisodes } from '../../../lib/pressure/episodes.ts'

function sightings(...times: number[]) {
  let clock = 0
  const hasLasted = createEpisodes({ gapMs: 100, minMs: 10, now: () => clock })
  return times.map(time => {
    clock = time
    return hasLasted()
  })
}

t.test('what is seen once has not lasted', async t => {
  t.same(sightings(5), [false])
})

t.test('what is seen again after a while has', async t => {
  t.same(sightings(5, 9, 15, 80), [false, false, true, true])
})

t.test('after a gap, it begins anew', async t => {
  t.same(sightings(5, 50, 151, 155), [false, true, false, false])
})

t.test('time in which nobody could see anything does not part what lasts', async t => {
  let clock = 0
  const hasLasted = createEpisodes({ gapMs: 2_000, minMs: 250, now: () => clock })
  t.equal(hasLasted(3_000), false)
  clock = 3_500
  t.equal(hasLasted(3_000), true)
  clock = 9_000
  t.equal(hasLasted(3_000), false)
})
