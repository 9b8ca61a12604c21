import t from 'tap'
import { build, hang, orderId, productIds, signToken, until } from '../helper.ts'

const list = '/api/v1/categories'

t.test('a service that is too slow: 504, and the call is cancelled', async t => {
  const { call, upstream } = await build(t, { UPSTREAM_TIMEOUT_MS: '40' }, { product: { listCategories: hang } })
  const { status, body } = await call('GET', list)
  t.equal(status, 504)
  t.match(body, { code: 'DEADLINE_EXCEEDED', reason: 'UPSTREAM_TIMEOUT', error: 'the service did not answer in time' })
  await until(() => upstream.calls[0]?.signal.aborted === true)
})

t.test('the service knows how much time is left', async t => {
  const { call, upstream } = await build(t)
  await call('GET', list)
  const [, amount, unit] = /^(\d+)(\w)$/.exec(upstream.calls[0]?.header.get('grpc-timeout') ?? '') ?? []
  t.equal(unit, 'm')
  t.ok(Number(amount) > 4_000 && Number(amount) <= 5_000)
})

t.test('a client that goes away cancels its call', async t => {
  const { call, upstream } = await build(t, {}, { order: { getOrder: hang } })
  const controller = new AbortController()
  const gone = call('GET', `/api/v1/orders/${orderId}`, { token: await signToken(), signal: controller.signal })
  await until(() => upstream.calls.length === 1)
  controller.abort()
  await t.rejects(gone)
  await until(() => upstream.calls[0]?.signal.aborted === true)
})

t.test('an answer that is larger than 4 MiB is refused: 502', async t => {
  const categories = [{ name: 'x'.repeat(5 * 1024 * 1024) }]
  const { call } = await build(t, {}, { product: { listCategories: () => ({ categories }) } })
  const { status, body } = await call('GET', list)
  t.equal(status, 502)
  t.match(body, { reason: 'UPSTREAM_INVALID_RESPONSE', code: 'INTERNAL' })
})

t.test('clients of a request stop at its deadline', async t => {
  const { call } = await build(t, { UPSTREAM_TIMEOUT_MS: '40' }, { product: { getProduct: hang } })
  const { status } = await call('GET', `/api/v1/products/${productIds[0]}`)
  t.equal(status, 504)
})
