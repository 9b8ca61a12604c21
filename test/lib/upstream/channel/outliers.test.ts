import t from 'tap'
import { maxEjected, OutlierRecord, outlierDefaults } from '../../../../lib/upstream/channel/outliers.ts'

const s = 1_000

function failTimes(record: OutlierRecord, count: number, now: number) {
  return Array.from({ length: count }, () => record.record(true, now))
}

t.test('five failures in a row eject', async t => {
  t.same(failTimes(new OutlierRecord(outlierDefaults), 5, 0), [null, null, null, null, 'consecutive failures'])
})

t.test('a success among them does not let it come to five', async t => {
  const record = new OutlierRecord(outlierDefaults)
  failTimes(record, 4, 0)
  t.equal(record.record(false, 0), null)
  t.same(failTimes(record, 4, 0), [null, null, null, null])
  t.equal(record.consecutiveFailures, 4)
})

t.test('half of ten calls in ten seconds eject', async t => {
  const record = new OutlierRecord(outlierDefaults)
  const told = Array.from({ length: 10 }, (_, at) => record.record(at % 2 === 1, at * 100))
  t.same(told, [...Array(9).fill(null), 'failure ratio'])
})

t.test('nine calls are too few, and those of long ago do not count', async t => {
  const record = new OutlierRecord(outlierDefaults)
  for (let at = 0; at < 9; at++) t.equal(record.record(at % 2 === 1, 0), null)
  t.equal(record.record(true, 11 * s), null)
})

t.test('less than half does not', async t => {
  const record = new OutlierRecord(outlierDefaults)
  for (let at = 0; at < 50; at++) t.equal(record.record(at % 5 > 2, at), null, String(at))
})

t.test('an ejection is over by itself', async t => {
  const record = new OutlierRecord(outlierDefaults)
  record.eject(100)
  t.equal(record.isEjected(100), true)
  t.equal(record.isEjected(30_099), true)
  t.equal(record.isEjected(30_100), false)
})

t.test('what ends meanwhile is not heard, and it begins anew', async t => {
  const record = new OutlierRecord(outlierDefaults)
  failTimes(record, 5, 0)
  record.eject(0)
  t.same(failTimes(record, 20, 1 * s), Array(20).fill(null))
  t.equal(record.consecutiveFailures, 0)
  t.same(failTimes(record, 5, 30 * s), [null, null, null, null, 'consecutive failures'])
})

t.test('each ejection is longer, up to five minutes', async t => {
  const record = new OutlierRecord(outlierDefaults)
  const lengths: number[] = []
  let now = 0
  for (let times = 0; times < 12; times++) {
    record.eject(now)
    lengths.push((record.returnsAt - now) / s)
    now = record.returnsAt + 1 * s
  }
  t.same(lengths, [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300])
})

t.test('each half minute that it did well takes one off', async t => {
  const record = new OutlierRecord(outlierDefaults)
  for (let times = 0; times < 4; times++)
    record.eject(record.returnsAt === Number.NEGATIVE_INFINITY ? 0 : record.returnsAt)
  t.equal(record.returnsAt, (30 + 60 + 90 + 120) * s)
  const later = record.returnsAt + 65 * s
  record.eject(later)
  t.equal(record.returnsAt - later, 90 * s)
  const muchLater = record.returnsAt + 3_600 * s
  record.eject(muchLater)
  t.equal(record.returnsAt - muchLater, 30 * s)
})

t.test('one that was ill for a day is as good as new after five minutes', async t => {
  const record = new OutlierRecord(outlierDefaults)
  record.eject(0)
  for (let times = 0; times < 300; times++) record.eject(record.returnsAt)
  const later = record.returnsAt + 300 * s
  record.eject(later)
  t.equal(record.returnsAt - later, 30 * s)
})

for (const [endpoints, most] of [
  [0, -1],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [10, 5]
] as const) {
  t.test(`of ${endpoints} endpoints, ${Math.max(0, most)} may be ejected`, async t => {
    t.equal(maxEjected(endpoints, 0.5), most)
  })
}

t.test('the last never is, whatever the share', async t => {
  t.equal(maxEjected(3, 1), 2)
  t.equal(maxEjected(2, 0.01), 1)
})
