import { Code, ConnectError } from '@connectrpc/connect'
import { metrics } from '@opentelemetry/api'
import t from 'tap'
import type { EndpointState } from '../../../lib/upstream/channel/state.ts'
import type { Upstream, UpstreamState } from '../../../plugins/upstreams/create-upstream.ts'
import { createInstruments } from '../../../plugins/upstreams/instruments.ts'
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

const there: EndpointState = {
  address: '10.0.0.7:9002',
  connection: 'ready',
  health: 'serving',
  inFlight: 1,
  calls: 9,
  failures: 0,
  consecutiveFailures: 0,
  ejectedUntil: null,
  lastError: null
}

/** Instruments of an upstream whose endpoints the test names. */
function measure(name: string) {
  const upstream = { endpoints: [there], reads: 0 }
  const state = (): UpstreamState => {
    upstream.reads += 1
    const { endpoints } = upstream
    const calls = { inFlight: 0, waiting: 0 }
    const none = { waiting: 0, resolveError: null, streams: { open: 0 } }
    return { ...none, name, target: 'product:9002', circuit: 'closed', calls, endpoints }
  }
  const instruments = createInstruments(metrics.getMeter('sluice'), { [name]: { state } as Upstream })
  return { upstream, instruments }
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

t.test('an address that an endpoint left, and has again, shows the new one, and the calls of both', async t => {
  const { upstream, instruments } = measure('twice')
  t.teardown(() => instruments.close())
  upstream.endpoints = [there, { ...there, connection: 'draining', health: 'unknown', inFlight: 2 }]
  const both = { name: 'twice', endpoint: there.address }
  t.equal(await lastValue('upstream.endpoint.connected', both), 1)
  t.equal(await lastValue('upstream.endpoint.serving', both), 1)
  t.equal(await lastValue('upstream.endpoint.in_flight', both), 3)
})

t.test('an endpoint that is gone is not connected any more', async t => {
  const { upstream, instruments } = measure('moved')
  t.teardown(() => instruments.close())
  const gone = { name: 'moved', endpoint: there.address }
  t.equal(await lastValue('upstream.endpoint.connected', gone), 1)
  upstream.endpoints = [{ ...there, address: '10.0.0.8:9002' }]
  for (const _ of ['told', 'told once']) {
    t.equal(await lastValue('upstream.endpoint.connected', gone), 0)
    t.equal(await lastValue('upstream.endpoint.serving', gone), -1)
    t.equal(await lastValue('upstream.endpoint.in_flight', gone), 0)
  }
})

t.test('upstreams that are closed are not read', async t => {
  const { upstream, instruments } = measure('closed')
  await telemetry.metrics()
  const { reads } = upstream
  t.ok(reads > 0)
  instruments.close()
  await telemetry.metrics()
  t.equal(upstream.reads, reads)
})
