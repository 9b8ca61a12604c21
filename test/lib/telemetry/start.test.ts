import { type ProxyTracerProvider, trace } from '@opentelemetry/api'
import t from 'tap'
import { startTelemetry } from '../../../lib/telemetry/start.ts'

const names = { serviceName: 'api-gateway', serviceVersion: '1.2.3' }

function isRecording(): boolean {
  const span = trace.getTracer('test').startSpan('span')
  span.end()
  return (
    span.isRecording() || (trace.getTracerProvider() as ProxyTracerProvider).getDelegateTracer('test') !== undefined
  )
}

t.test('without an endpoint nothing is started', async t => {
  const telemetry = await startTelemetry({ endpoint: '', ...names })
  t.equal(isRecording(), false)
  await telemetry.shutdown()
})

t.test('with an endpoint spans are recorded, and a collector that is away keeps nobody from ending', async t => {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1'
  process.env.OTEL_BSP_EXPORT_TIMEOUT = '50'
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '50'
  const telemetry = await startTelemetry({ endpoint: 'http://127.0.0.1:1', ...names })
  t.equal(isRecording(), true)
  await t.resolves(telemetry.shutdown())
})
