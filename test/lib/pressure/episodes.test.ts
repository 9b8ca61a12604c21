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
