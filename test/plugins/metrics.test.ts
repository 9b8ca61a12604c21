import t from 'tap'
import { build, orderId, signToken, until } from '../helper.ts'
import { recordTelemetry } from '../telemetry.ts'

const telemetry = recordTelemetry()

/** The points of a metric, once it has been recorded. */
async function pointsOf(name: string) {
  await until(async () => (await telemetry.metrics()).has(name))
  return (await telemetry.metrics()).get(name)!.dataPoints
}

t.test('requests are counted and timed by method, route template and status', async t => {
  const { call } = await build(t)
  await call('GET', `/api/v1/orders/${orderId}`, { token: await signToken() })
  const attributes = { 'http.method': 'GET', 'http.route': '/api/v1/orders/{order_id}', 'http.status_code': 200 }
  const [count] = await pointsOf('http.server.requests')
  t.match(count, { value: 1, attributes })
  const [duration] = await pointsOf('http.server.duration')
  t.match(duration, { attributes, value: { count: 1 } })
  t.equal((await telemetry.metrics()).get('http.server.duration')?.descriptor.unit, 'ms')
})

t.test('the stable name of the semantic conventions is there beside it, in seconds', async t => {
  const { call } = await build(t)
  await call('GET', '/health')
  const points = await pointsOf('http.server.request.duration')
  const health = points.find(({ attributes }) => attributes['http.route'] === '/health')
  t.match(health?.attributes, { 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.scheme': 'http' })
  t.equal((await telemetry.metrics()).get('http.server.request.duration')?.descriptor.unit, 's')
})

t.test('calls to services are timed', async t => {
  const { call } = await build(t)
  await call('GET', '/api/v1/categories')
  const points = await pointsOf('rpc.client.duration')
  const list = points.find(({ attributes }) => attributes['rpc.method'] === 'ListCategories')
  t.match(list?.attributes, { 'rpc.service': 'shop.product.v1.ProductService', 'rpc.grpc.status_code': 0 })
})

t.test('what the limiter refuses is counted', async t => {
  const { call } = await build(t, { RATE_LIMIT_RPS: '0.001', RATE_LIMIT_BURST: '1' })
  await call('GET', '/api/v1/categories')
  await call('GET', '/api/v1/categories')
  const [point] = await pointsOf('rate_limiter.rejected.count')
  t.match(point, { value: 1, attributes: { 'http.route': '/api/v1/categories', 'rate_limiter.key': 'address' } })
})

t.test('circuits tell their state and how often they opened', async t => {
  const { call } = await build(t, { PRODUCT_SERVICE_URL: 'http://127.0.0.1:1' })
  for (let count = 0; count < 3; count++) await call('GET', '/api/v1/categories')
  const [opened] = await pointsOf('circuit_breaker.open.count')
  t.match(opened, { value: 1, attributes: { name: 'product' } })
  const states = (await pointsOf('circuit_breaker.state')).map(({ attributes, value }) => [attributes.name, value])
  t.ok(states.some(([name, value]) => name === 'product' && value === 2))
  t.ok(states.some(([name, value]) => name === 'user' && value === 0))
})
