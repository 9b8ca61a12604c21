import { Code } from '@connectrpc/connect'
import t from 'tap'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../../gen/grpc/health/v1/health_pb.ts'
import { refusalOf } from '../helper.ts'
import { startEcho } from './echo.ts'

t.test('a service that is ready is serving, by its name and as a whole, without a token', async t => {
  const { client } = await startEcho(t)
  for (const service of ['', 'shop.order.v1.OrderService', 'shop.inventory.v1.InventoryService']) {
    t.equal((await client(Health).check({ service })).status, ServingStatus.SERVING)
  }
})

t.test('a service that is not ready, or cannot tell, is not serving', async t => {
  const tired = await startEcho(t, { ready: async () => false })
  t.equal((await tired.client(Health).check({})).status, ServingStatus.NOT_SERVING)
  const broken = await startEcho(t, { ready: () => Promise.reject(new Error('no database')) })
  t.equal((await broken.client(Health).check({})).status, ServingStatus.NOT_SERVING)
})

t.test('a service that is not here is not found', async t => {
  const { client } = await startEcho(t)
  const error = await refusalOf(client(Health).check({ service: 'shop.cart.v1.CartService' }))
  t.equal(error.code, Code.NotFound)
})

t.test('the list names all services', async t => {
  const { client } = await startEcho(t)
  const { statuses } = await client(Health).list({})
  t.same(Object.keys(statuses).sort(), ['', 'shop.inventory.v1.InventoryService', 'shop.order.v1.OrderService'])
})

t.test('a watch tells the status now and each change', async t => {
  let ready = true
  const { client } = await startEcho(t, { ready: async () => ready })
  const statuses = client(Health).watch({})[Symbol.asyncIterator]()
  t.equal((await statuses.next()).value?.status, ServingStatus.SERVING)
  ready = false
  t.equal((await statuses.next()).value?.status, ServingStatus.NOT_SERVING)
  await statuses.return?.()
})

t.test('a watch of a service that is not here says so and stays', async t => {
  const { client } = await startEcho(t)
  const statuses = client(Health).watch({ service: 'shop.cart.v1.CartService' })[Symbol.asyncIterator]()
  t.equal((await statuses.next()).value?.status, ServingStatus.SERVICE_UNKNOWN)
  await statuses.return?.()
})
