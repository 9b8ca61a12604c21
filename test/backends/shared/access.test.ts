import { Code, createClient, type Interceptor } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import t from 'tap'
import { callerOf } from '../../../backends/shared/identity.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf, type Test } from '../helper.ts'
import { startEcho } from './echo.ts'

const orderId = newId()

/** Calls a method that needs a token, with this header. */
async function callWith(t: Test, authorization: string): Promise<unknown> {
  const { url } = await startEcho(t)
  const sessionManager = new Http2SessionManager(url)
  t.teardown(() => sessionManager.abort())
  const authorize: Interceptor = next => request => {
    request.header.set('authorization', authorization)
    return next(request)
  }
  const transport = createGrpcTransport({ baseUrl: url, sessionManager, interceptors: [authorize] })
  return createClient(OrderService, transport).getOrder({ orderId })
}

t.test('without a token nobody is let in', async t => {
  const { client } = await startEcho(t)
  const error = await refusalOf(client(OrderService).getOrder({ orderId }))
  t.equal(error.code, Code.Unauthenticated)
  t.equal(error.rawMessage, 'missing authorization header')
  t.equal(reasonOf(error), 'TOKEN_MISSING')
})

for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'token']) {
  t.test(`"${authorization}" is no bearer token`, async t => {
    const error = await refusalOf(callWith(t, authorization))
    t.equal(error.code, Code.Unauthenticated)
    t.equal(error.rawMessage, 'invalid authorization header format')
    t.equal(reasonOf(error), 'TOKEN_INVALID')
  })
}

t.test('a forged token is not let in', async t => {
  const error = await refusalOf(callWith(t, 'Bearer a.b.c'))
  t.equal(error.code, Code.Unauthenticated)
  t.equal(error.rawMessage, 'invalid token')
})

t.test('a user is let in and known to the handler', async t => {
  const { client, userToken } = await startEcho(t, { getOrder: async context => ({ id: callerOf(context).subject }) })
  const { id } = await client(OrderService, await userToken('ann')).getOrder({ orderId })
  t.equal(id, 'ann')
})

t.test('a stream is guarded like a call', async t => {
  const { client } = await startEcho(t)
  const events = client(OrderService).watchOrder({ orderId })[Symbol.asyncIterator]()
  t.equal(reasonOf(await refusalOf(events.next())), 'TOKEN_MISSING')
})

t.test('one of the roles is enough, none is not', async t => {
  const { client, userToken } = await startEcho(t)
  const as = async (role: string) => client(OrderService, await userToken('ann', [role])).shipOrder({ orderId })
  const error = await refusalOf(as('customer'))
  t.equal(error.code, Code.PermissionDenied)
  t.equal(reasonOf(error), 'ROLE_REQUIRED')
  t.equal(error.rawMessage, 'ShipOrder needs the role operator or admin')
  await t.resolves(as('operator'))
  await t.resolves(as('admin'))
})

t.test('what is for services is for no user, whatever the role', async t => {
  const { client, userToken } = await startEcho(t)
  const admin = client(InventoryService, await userToken('root', ['admin']))
  const error = await refusalOf(admin.batchGetStock({ productIds: [newId()] }))
  t.equal(error.code, Code.PermissionDenied)
  t.equal(reasonOf(error), 'ROLE_REQUIRED')
})

t.test('a service may do what services and users may', async t => {
  const { client, tokens } = await startEcho(t)
  const token = await tokens.signService('order-service')
  await t.resolves(client(InventoryService, token).batchGetStock({ productIds: [newId()] }))
  await t.resolves(client(OrderService, token).shipOrder({ orderId }))
})
