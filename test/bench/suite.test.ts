import t from 'tap'
import { ratioOf, summarize } from '../../bench/suite.ts'

t.test('sums up rounds by what lies in the middle of them, and keeps all', async t => {
  t.match(summarize('a', [3, 1, 2]), { name: 'a', median: 2, min: 1, max: 3, rounds: [3, 1, 2] })
  t.equal(summarize('a', [4, 1, 2, 3]).median, 2.5, 'between the two, when their number is even')
  t.match(summarize('a', [7]), { median: 7, min: 7, max: 7 })
})

t.test('compares contenders within each round, so that what slows down both does not count', async t => {
  const quiet = { ours: summarize('a', [10, 12, 11]), theirs: summarize('b', [20, 24, 22]) }
  const disturbed = { ours: summarize('a', [10, 36, 11]), theirs: summarize('b', [20, 72, 22]) }
  for (const { ours, theirs } of [quiet, disturbed]) {
    t.strictSame(ratioOf(ours, theirs), { median: 0.5, min: 0.5, max: 0.5 })
  }
  t.strictSame(
    ratioOf(summarize('a', [1, 6, 9]), summarize('b', [2, 2, 1])),
    { median: 3, min: 0.5, max: 9 },
    'not the ratio of the medians'
  )
})

t.test('compares medians where rounds do not go together', async t => {
  const ratio = { median: 2, min: 2, max: 2 }
  t.strictSame(ratioOf(summarize('a', [4]), summarize('b', [1, 2, 3])), ratio)
  t.strictSame(ratioOf({ ...summarize('a', [4]), rounds: [] }, { ...summarize('b', [2]), rounds: [] }), ratio)
})
