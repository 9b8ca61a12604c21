import t from 'tap'
import { toTimestamp } from '../../../backends/shared/time.ts'

t.test('a moment before 1970 keeps its milliseconds', async t => {
  t.match(toTimestamp(new Date(-1)), { seconds: -1n, nanos: 999_000_000 })
})
