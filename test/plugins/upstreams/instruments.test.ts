import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { build, hang, signToken, startUpstream, until } from '../../helper.ts'
import { recordTelemetry } from '../../telemetry.ts'

const telemetry = recordTelemetry()
const list = '/api/v1/categories'

/** The last value of a metric with these attributes. */
async function lastValue(name: string, wanted: Record<string, string>): Promise<unknown> {
  const points = (await telemetry.metrics()).get(name)?.dataPoints ?? []
  const matching = points.filter(({ attributes }) =>
    Object.entries(wanted).every(([key, value]) => attributes[key] === value)
  )
  return matching.at(-1)?.value
}

/** The endpoint of a URL, as attributes name it. */
function endpointOf(url: string): string {
  return new URL(url).host
}

t.test('each endpoint shows whether it is connected, serves, is ejected, and what it is doing', async t => {
  const { call, upstream, gateway } = await build(t, {}, { product: { listCategories: hang } })
  const endpoint = endpointOf(upstream.url)
  const gone = new AbortController()
  const hanging = t.rejects(call('GET', list, { signal: gone.signal }))
  await until(() => gateway.upstreams.product!.state().endpoints[0]?.health === 'serving')
  const product = { name: 'product', endpoint }
  await until(async () => (await lastValue('upstream.endpoint.in_flight', product)) === 1)
  t.equal(await lastValue('upstream.endpoint.connected', product), 1)
  t.equal(await lastValue('upstream.endpoint.serving', product), 1)
  t.equal(await lastValue('upstream.endpoint.ejected', product), 0)
  t.equal(await lastValue('upstream.calls.in_flight', { name: 'product' }), 1)
  t.equal(await lastValue('upstream.calls.waiting', { name: 'product' }), 0)
  t.equal(await lastValue('upstream.streams.open', { name: 'product' }), 0)
  t.equal(await lastValue('upstream.connection.waiting', { name: 'product' }), 0)
  gone.abort()
  await hanging
})

t.test('one that cannot be reached is not connected, and each attempt at it is counted', async t => {
  const { call } = await build(t, { ORDER_SERVICE_URL: 'http://127.0.0.1:1' })
  await call('GET', '/api/v1/orders', { token: await signToken() })
  const order = { name: 'order', endpoint: '127.0.0.1:1' }
  t.equal(await lastValue('upstream.endpoint.connected', order), 0)
  t.equal(await lastValue('upstream.endpoint.serving', order), -1)
  t.equal(await lastValue('upstream.endpoint.losses', order), 1)
})

t.test('calls that are made again are counted, and so are ejections', async t => {
  const failing = await startUpstream(t, {
    product: {
      listCategories() {
        throw new ConnectError('not now', Code.Unavailable)
      }
    }
  })
  const well = await startUpstream(t)
  const { call, gateway } = await build(t, { PRODUCT_SERVICE_URL: `${failing.url},${well.url}` })
  await call('GET', '/ready')
  const retried = () => lastValue('upstream.calls.repeated', { name: 'product', outcome: 'retried' })
  const before = ((await retried()) ?? 0) as number
  const endpoints = () => gateway.upstreams.product!.state().endpoints
  await until(() => endpoints().every(({ connection }) => connection === 'ready'))
  const ejected = { name: 'product', endpoint: endpointOf(failing.url) }
  await until(async () => {
    t.equal((await call('GET', list)).status, 200)
    return endpoints()[0]?.ejectedUntil !== null
  })
  t.equal(await lastValue('upstream.endpoint.ejections', { ...ejected, reason: 'consecutive failures' }), 1)
  t.equal(await lastValue('upstream.endpoint.ejected', ejected), 1)
  t.equal(await retried(), before + failing.calls.length)
})
