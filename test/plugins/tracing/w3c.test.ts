// What a service is told of a trace, when spans are exported: the cases of the W3C's test suite, and more.
import t from 'tap'
import { recordTelemetry } from '../../telemetry.ts'
import { checkW3cCases } from './w3c.ts'

recordTelemetry()

await checkW3cCases(t, (t, told, { headers }) => {
  const traceparents = headers.filter(([name]) => name.toLowerCase() === 'traceparent')
  for (const [, value] of traceparents)
    t.notMatch(value, told.spanId, 'the caller of the service is a span of the gateway')
})
