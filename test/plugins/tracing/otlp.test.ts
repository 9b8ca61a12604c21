// The whole way of a trace: a gateway that exports, and a collector that takes OTLP/gRPC.
import t from 'tap'
import { startTelemetry } from '../../../lib/telemetry/start.ts'
import { startOtlpReceiver } from '../../e2e/otlp-receiver.ts'
import { build, signToken, userId } from '../../helper.ts'

t.test('spans arrive at the collector, under the name of the service', async t => {
  const receiver = await startOtlpReceiver(t)
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url
  process.env.OTEL_METRICS_EXPORTER = 'none'
  const telemetry = await startTelemetry({
    endpoint: receiver.url,
    serviceName: 'api-gateway',
    serviceVersion: '1.2.3'
  })
  const { call } = await build(t)
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'asked-by-a-test' }
  await call('GET', '/api/v1/users/me', { token: await signToken(), headers })
  await telemetry.shutdown()

  const spans = await receiver.trace(traceId, spans => spans.length === 6)
  t.same(new Set(spans.map(({ service }) => service)), new Set(['api-gateway']))
  const server = spans.find(({ name }) => name === 'GET /api/v1/users/me')
  t.match(Object.fromEntries(server?.attributes ?? []), {
    'http.request.method': 'GET',
    'http.route': '/api/v1/users/me',
    'http.response.status_code': 200n,
    'sluice.request_id': 'asked-by-a-test',
    'user.id': userId
  })
  t.equal(server?.parentSpanId, '00f067aa0ba902b7')
  const children = spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId)
  t.equal(children.length, 5)
})
