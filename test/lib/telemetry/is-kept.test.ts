import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import t from 'tap'
import { isKept } from '../../../lib/telemetry/is-kept.ts'
import { recordTelemetry } from '../../telemetry.ts'

recordTelemetry()

/** What a caller says of its trace, far away. */
function remote(traceFlags: TraceFlags) {
  const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  return trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext({ ...ids, traceFlags }))
}

t.test('a trace that begins here may be kept', async t => {
  t.equal(isKept(ROOT_CONTEXT), true)
})

t.test('so is what belongs to a trace that is sampled, and to no other', async t => {
  t.equal(isKept(remote(TraceFlags.SAMPLED)), true)
  t.equal(isKept(remote(TraceFlags.NONE)), false)
})

t.test('what belongs to a span of our own is kept, also after that ended', async t => {
  const span = trace.getTracer('test').startSpan('own')
  const own = trace.setSpan(ROOT_CONTEXT, span)
  t.equal(isKept(own), true)
  span.end()
  t.equal(isKept(own), true)
})
