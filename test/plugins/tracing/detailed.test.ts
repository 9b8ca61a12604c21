// The whole way of detailed spans: a gateway that exports, and a collector that takes OTLP/gRPC.
import Fastify from 'fastify'
import t from 'tap'
import { startTelemetry } from '../../../lib/telemetry/start.ts'
import completion from '../../../plugins/completion.ts'
import tracing from '../../../plugins/tracing.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../e2e/otlp-receiver.ts'
import { build, signToken } from '../../helper.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const otherTraceId = '4bf92f3577b34da6a3ce929d0e0e4737'
const serverName = 'GET /api/v1/users/me'

let receiver: OtlpReceiver
let spans: ReceivedSpan[] = []

t.before(async () => {
  receiver = await startOtlpReceiver(t)
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url
  process.env.OTEL_METRICS_EXPORTER = 'none'
  const telemetry = await startTelemetry({
    endpoint: receiver.url,
    serviceName: 'api-gateway',
    serviceVersion: '1.2.3'
  })
  const { call, gateway } = await build(t, { TRACING: 'detailed' })
  const token = await signToken()
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  await call('GET', '/api/v1/users/me?secret=of-the-client', { token, headers })
  await call('GET', '/nowhere/of-the-client', { headers: { traceparent: `00-${otherTraceId}-00f067aa0ba902b7-01` } })
  // A server span ends a moment after its client has the answer.
  await gateway.close()
  await telemetry.shutdown()
  spans = await receiver.trace(traceId, received => received.some(({ name }) => name === serverName))
})

t.test('every hook and handler has a span, a child of the server span', async t => {
  const server = spans.find(({ name }) => name === serverName)
  const children = spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId).map(({ name }) => name)
  for (const name of ['onRequest - guardRequest', 'onRequest - limitRequest', 'onSend - endConnection']) {
    t.ok(children.includes(name), name)
  }
  t.ok(
    children.some(name => name.startsWith('handler - ')),
    'the handler'
  )
  t.ok(children.includes('jwt.authenticate'), 'beside those that are always there')
})

t.test('they are in the trace of the caller, which has one server span', async t => {
  const kinds = spans.filter(({ kind }) => kind === 2)
  t.same(
    kinds.map(({ name, parentSpanId }) => ({ name, parentSpanId })),
    [{ name: serverName, parentSpanId: '00f067aa0ba902b7' }]
  )
})

t.test('no span says what a client wrote into the path or the query', async t => {
  const unknown = await receiver.trace(otherTraceId, received => received.length > 1)
  for (const { name, attributes } of [...spans, ...unknown]) {
    t.notMatch([name, ...attributes.values()].join(' '), 'of-the-client')
  }
})

t.test('without it, there are none', async t => {
  const { gateway } = await build(t)
  t.notOk(gateway.hasPlugin('@fastify/otel'))
})

t.test('the option is true or false', async t => {
  const app = Fastify()
    .register(completion)
    .register(tracing, { detailed: 'yes' as unknown as boolean })
  await t.rejects(async () => app.ready(), {
    code: 'SLUICE_ERR_OPTION_INVALID',
    message: 'tracing: detailed must be true or false'
  })
})
