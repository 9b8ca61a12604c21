import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startTelemetry } from '../../../lib/telemetry/start.ts'
import { build, orderId, signToken, until } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'
import { recordSpans } from '../../telemetry.ts'

const spans = recordSpans()
const telemetry = await startTelemetry({
  endpoint: '',
  scrape: true,
  serviceName: 'api-gateway',
  serviceVersion: '1.2.3'
})
t.teardown(() => telemetry.shutdown())

/** A gateway, and what its admin port says to Prometheus. */
async function buildScraped(t: Parameters<typeof build>[0]) {
  const built = await build(t, { ADMIN_PORT: '0' })
  const { port } = built.gateway.admin.server.address() as AddressInfo
  async function scrape(accept = 'text/plain') {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } })
    return { type: response.headers.get('content-type'), text: await response.text(), status: response.status }
  }
  /** A request is counted a moment after its client has the answer. */
  async function scrapeUntil(pattern: RegExp, accept?: string) {
    await until(async () => pattern.test((await scrape(accept)).text))
    return (await scrape(accept)).text
  }
  return { ...built, scrape, scrapeUntil }
}

t.test('requests are told under the names of the dashboards and of the conventions', async t => {
  const { call, scrapeUntil } = await buildScraped(t)
  await call('GET', `/api/v1/orders/${orderId}`, { token: await signToken() })
  const text = await scrapeUntil(/http_server_requests_total\{.*orders/)
  const old = 'http_method="GET",http_status_code="200",http_route="/api/v1/orders/{order_id}"'
  t.match(text, `http_server_requests_total{${old}} 1\n`)
  t.match(text, `http_server_duration_milliseconds_count{${old}} 1\n`)
  t.match(text, `http_server_duration_milliseconds_bucket{${old},le="+Inf"} 1\n`)
  const stable =
    'http_request_method="GET",http_response_status_code="200",url_scheme="http",http_route="/api/v1/orders/{order_id}"'
  t.match(text, `http_server_request_duration_seconds_count{${stable}} 1\n`)
  t.match(text, '# TYPE http_server_requests_total counter\n')
  t.match(text, '# TYPE http_server_request_duration_seconds histogram\n')
})

t.test('the buckets of a histogram add up', async t => {
  const { call, scrapeUntil } = await buildScraped(t)
  await call('GET', '/health')
  const text = await scrapeUntil(/http_server_request_duration_seconds_count\{.*"\/health"/)
  const lines = text.split('\n').filter(line => /^http_server_request_duration_seconds_bucket\{.*"\/health"/.test(line))
  const counts = lines.map(line => Number(line.split(' ').at(-1)))
  t.same(
    counts,
    counts.toSorted((one, other) => one - other)
  )
  t.match(lines.at(-1), 'le="+Inf"')
  t.match(lines[0], 'le="0.005"')
})

t.test('the process and its upstreams are told', async t => {
  const { scrape, scrapeUntil } = await buildScraped(t)
  // What is measured between two looks is not there at the first.
  await scrape()
  const text = await scrapeUntil(/^nodejs_eventloop_delay_p99_seconds /m)
  for (const name of [
    'nodejs_eventloop_delay_mean_seconds ',
    'nodejs_eventloop_utilization_ratio ',
    'nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active"} ',
    'v8js_memory_heap_used_bytes{v8js_heap_space_name="old_space"} ',
    'process_memory_usage_bytes ',
    'process_cpu_time_seconds_total{cpu_mode="user"} ',
    'http_server_open_connections ',
    'circuit_breaker_state{name="product"} 0\n',
    'upstream_calls_in_flight{name="product"} 0\n'
  ]) {
    t.match(text, `\n${name}`, name)
  }
  t.match(text, /^target_info\{.*service_name="api-gateway".*service_version="1\.2\.3"/m)
})

t.test('in OpenMetrics, the last trace of each bucket is told with the duration', async t => {
  const { call, scrape, scrapeUntil } = await buildScraped(t)
  await call('GET', '/api/v1/categories')
  const open = 'application/openmetrics-text; version=1.0.0'
  const exemplar =
    /^http_server_request_duration_seconds_bucket\{.*categories",le="[^"]+"\} 1 # \{trace_id="([0-9a-f]{32})",span_id="([0-9a-f]{16})"\} [0-9.e-]+ [0-9]+\.[0-9]{3}$/m
  const [, traceId, spanId] = exemplar.exec(await scrapeUntil(exemplar, open)) ?? []
  const server = spans().find(({ name }) => name === 'GET /api/v1/categories')
  t.same([traceId, spanId], [server?.spanContext().traceId, server?.spanContext().spanId])
  const { type, text } = await scrape(open)
  t.equal(type, 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  t.match(text, /^# TYPE http_server_requests counter$/m)
  t.match(text, /# EOF\n$/)
  t.notMatch((await scrape()).text, 'trace_id')
})

t.test('nothing that a client writes becomes a label', async t => {
  const { url, scrapeUntil } = await buildScraped(t)
  for (const method of ['PROPFIND', 'M-SEARCH', 'PURGE', 'TRACE']) {
    const lines = [`${method} /secret-a1b2?q=secret-a1b2 HTTP/1.1`, 'X-Request-Id: secret-a1b2', 'Connection: close']
    await exchange(url, requestBytes(lines))
  }
  const text = await scrapeUntil(/http_method="_OTHER"/)
  for (const told of ['secret-a1b2', 'PROPFIND', 'M-SEARCH', 'PURGE']) t.notMatch(text, told, told)
})
