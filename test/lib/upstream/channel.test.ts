import { Code, createClient } from '@connectrpc/connect'
import t from 'tap'
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../../gen/grpc/health/v1/health_pb.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import { createChannel } from '../../../lib/upstream/channel.ts'
import { hang, type Shop, startUpstream, type Test } from '../../helper.ts'

async function open(t: Test, shop: Shop = {}, defaultMs = 10_000) {
  const upstream = await startUpstream(t, shop)
  const wrapped: string[] = []
  const channel = createChannel({
    url: upstream.url,
    connectTimeoutMs: 1_000,
    headersTimeoutMs: defaultMs,
    policies: [
      withDeadline({ defaultMs }),
      next => call => {
        wrapped.push(call.rpc.method.name)
        return next(call)
      }
    ]
  })
  t.teardown(() => channel.close())
  return { channel, upstream, wrapped, client: createClient(ProductService, channel.transport) }
}

t.test('a call that names no deadline has one', async t => {
  const { client } = await open(t, { product: { listCategories: hang } }, 30)
  await t.rejects(client.listCategories({}), { code: Code.DeadlineExceeded })
})

t.test('an answer above 4 MiB is not read', async t => {
  const categories = [{ name: 'x'.repeat(5 * 1024 * 1024) }]
  const { client } = await open(t, { product: { listCategories: () => ({ categories }) } })
  await t.rejects(client.listCategories({}), { code: Code.ResourceExhausted })
})

t.test('a request above 1 MiB is not sent', async t => {
  const { client, upstream } = await open(t)
  await t.rejects(client.listProducts({ q: 'x'.repeat(1024 * 1024) }), { code: Code.ResourceExhausted })
  t.same(upstream.calls, [])
})

t.test('health is asked past what wraps the calls', async t => {
  const { channel, wrapped } = await open(t)
  t.equal(await channel.isServing(1_000), true)
  t.same(wrapped, [])
})

t.test('an upstream may say that it does not serve, or nothing', async t => {
  const busy = await open(t, { health: { check: () => ({ status: ServingStatus.NOT_SERVING }) } })
  t.equal(await busy.channel.isServing(1_000), false)
  const silent = await open(t, { health: { check: hang } })
  await t.rejects(silent.channel.isServing(20), { code: Code.DeadlineExceeded })
})

t.test('what ends the channel ends its calls', async t => {
  const { channel, client } = await open(t, { product: { listCategories: hang } }, 20_000)
  const call = client.listCategories({})
  await channel.isServing(1_000)
  channel.close()
  await t.rejects(call, { code: Code.Unavailable })
})
