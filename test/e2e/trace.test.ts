import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startPostgres } from '../backends/helper.ts'
import { createClient } from './client.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts'
import { signUp } from './shop.ts'

const server = 2
const client = 3

const receiver = await startOtlpReceiver(t)
const url = await startTracedShop(receiver)
const call = createClient(url)
const token = await signUp(call, 'dora')
const product = (await call('GET', '/api/v1/products?page_size=1')).body.products[0]

t.test('one order is one trace, from the client through the gateway to every service', async t => {
  const traceId = randomBytes(16).toString('hex')
  const { status } = await call('POST', '/api/v1/orders', {
    token,
    headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` },
    body: { items: [{ product_id: product.id, quantity: 1 }], payment_method: 'credit_card' }
  })
  t.equal(status, 201)

  const wanted: [string, string, number][] = [
    ['api-gateway', 'POST /api/v1/orders', server],
    ['api-gateway', 'shop.order.v1.OrderService/CreateOrder', client],
    ['shop', 'shop.order.v1.OrderService/CreateOrder', server],
    ['shop', 'shop.product.v1.ProductService/BatchGetProducts', server],
    ['shop', 'shop.inventory.v1.InventoryService/ReserveStock', client],
    ['shop', 'shop.inventory.v1.InventoryService/ReserveStock', server],
    ['shop', 'shop.payment.v1.PaymentService/ProcessPayment', server],
    ['shop', 'shop.inventory.v1.InventoryService/ConfirmReservation', server]
  ]
  const checks = ['jwt.authenticate', 'rate_limiter.check', 'circuit_breaker.check']
  const has = (spans: ReceivedSpan[], [service, name, kind]: [string, string, number]) =>
    spans.some(span => span.service === service && span.name === name && span.kind === kind)
  const spans = await receiver.trace(
    traceId,
    spans =>
      wanted.every(each => has(spans, each)) &&
      checks.every(name => spans.some(span => span.name === name)) &&
      // The parent of a span ends, and so arrives, after it.
      spans.filter(span => !spans.some(({ spanId }) => spanId === span.parentSpanId)).length === 1
  )

  const root = spans.find(span => span.name === 'POST /api/v1/orders')!
  for (const name of checks) {
    t.equal(spans.find(span => span.name === name)!.parentSpanId, root.spanId, `${name} is a child of the request`)
  }
  const received = new Set(spans.map(span => span.spanId))
  for (const span of spans) {
    if (span !== root) t.ok(received.has(span.parentSpanId), `${span.name} hangs in the tree`)
  }
})

t.test('a span names the route and never the path, and carries nothing of the customer', async t => {
  const traceId = randomBytes(16).toString('hex')
  await call('GET', `/api/v1/products/${product.id}?secret=hunter2`, {
    headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` }
  })
  const spans = await receiver.trace(traceId, spans =>
    spans.some(span => span.service === 'api-gateway' && span.kind === server)
  )
  const root = spans.find(span => span.kind === server && span.service === 'api-gateway')!
  t.equal(root.name, 'GET /api/v1/products/{product_id}')
  const told = JSON.stringify(
    spans.map(span => [...span.attributes]),
    (_key, value) => (typeof value === 'bigint' ? String(value) : value)
  )
  t.notMatch(told, /hunter2|example\.com|dora|Bearer/)
})

/** Runs the services and the gateway as processes that export to the receiver. */
async function startTracedShop({ url }: OtlpReceiver) {
  const gatewayPort = await freePort()
  const env = {
    ...process.env,
    NODE_ENV: 'development',
    JWT_SECRET: randomBytes(32).toString('hex'),
    SEED_CATALOGUE: 'true',
    LOG_LEVEL: 'error',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    DATABASE_URL: (await startPostgres()).url('postgres')
  }
  const services = run('./traced-services.ts', env)
  const [{ urls }] = (await once(services, 'message')) as [{ urls: Record<string, string> }]
  const upstreams = Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_SERVICE_URL`, url])
  const gateway = run('../../server.ts', {
    ...env,
    ...Object.fromEntries(upstreams),
    HOST: '127.0.0.1',
    PORT: String(gatewayPort)
  })
  await once(gateway, 'message')
  return `http://127.0.0.1:${gatewayPort}`
}

function run(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env, stdio: 'inherit' })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return child
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
