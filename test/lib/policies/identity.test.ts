import { createClient } from '@connectrpc/connect'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import t from 'tap'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { withIdentity } from '../../../lib/policies/identity.ts'
import { createTransport } from '../../../lib/upstream/grpc/connect-transport.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { onBehalfOf } from '../../../lib/upstream/grpc/on-behalf-of.ts'
import { productIds, startUpstream, type Test } from '../../helper.ts'
import { openWire } from './open-wire.ts'

async function createCaller(t: Test) {
  const upstream = await startUpstream(t)
  const { transport, wire } = openWire(t, upstream.url, [withIdentity(() => 'of-the-gateway')])
  const caller = {
    requestId: 'r-1',
    trace: ROOT_CONTEXT,
    authorization: 'Bearer of-the-user',
    lifetime: new Lifetime(),
    deadline: performance.now() + 10_000,
    streamDeadline: null
  }
  return { transport, ofCaller: createTransport(onBehalfOf(caller, wire)), upstream }
}

t.test('the user’s token goes to methods that ask for a user, with the request id', async t => {
  const { ofCaller, upstream } = await createCaller(t)
  await createClient(OrderService, ofCaller).getOrder({})
  t.equal(upstream.calls[0]?.header.get('authorization'), 'Bearer of-the-user')
  t.equal(upstream.calls[0]?.header.get('x-request-id'), 'r-1')
})

t.test('methods for services get the gateway’s own token instead', async t => {
  const { ofCaller, upstream } = await createCaller(t)
  await createClient(InventoryService, ofCaller).batchGetStock({ productIds })
  t.equal(upstream.calls[0]?.header.get('authorization'), 'Bearer of-the-gateway')
})

t.test('public methods get none', async t => {
  const { ofCaller, upstream } = await createCaller(t)
  await createClient(ProductService, ofCaller).listCategories({})
  t.equal(upstream.calls[0]?.header.get('authorization'), null)
})

t.test('a call of the gateway itself is nobody’s', async t => {
  const { transport, upstream } = await createCaller(t)
  await createClient(OrderService, transport).getOrder({})
  t.equal(upstream.calls[0]?.header.get('authorization'), null)
  t.equal(upstream.calls[0]?.header.get('x-request-id'), null)
})
