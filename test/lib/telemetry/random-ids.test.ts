import t from 'tap'
import { randomSpanId, randomTraceId } from '../../../lib/telemetry/random-ids.ts'

t.test('ids have the form of W3C Trace Context', async t => {
  t.match(randomTraceId(), /^[0-9a-f]{32}$/)
  t.match(randomSpanId(), /^[0-9a-f]{16}$/)
})

t.test('no id comes twice, however often more randomness is drawn', async t => {
  const ids = Array.from({ length: 5_000 }, () => [randomTraceId(), randomSpanId()]).flat()
  t.equal(new Set(ids).size, ids.length)
})
