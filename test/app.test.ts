import { type DescService, getOption, hasOption } from '@bufbuild/protobuf'
import t from 'tap'
import { buildGateway } from '../app.ts'
import { loadConfig } from '../config.ts'
import { http } from '../gen/google/api/annotations_pb.ts'
import { InventoryService } from '../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../gen/shop/order/v1/order_pb.ts'
import { PaymentService } from '../gen/shop/payment/v1/payment_pb.ts'
import { ProductService } from '../gen/shop/product/v1/product_pb.ts'
import { UserService } from '../gen/shop/user/v1/user_pb.ts'
import { Access, policy } from '../gen/sluice/v1/policy_pb.ts'
import { build, productIds, settings } from './helper.ts'

const services: DescService[] = [UserService, ProductService, OrderService, PaymentService, InventoryService]
const methods = services.flatMap(service => service.methods)

/** The templates that the gateway serves, each with the method. */
async function servedRoutes(t: Parameters<typeof build>[0]): Promise<Set<string>> {
  const gateway = buildGateway(loadConfig(settings('http://127.0.0.1:1')))
  t.teardown(() => gateway.close())
  const served = new Set<string>()
  gateway.addHook('onRoute', ({ method, config }) => {
    if (config?.template !== undefined) served.add(`${method} ${config.template}`)
  })
  await gateway.ready()
  return served
}

t.test('every rpc with a rule is served, and no other', async t => {
  const served = await servedRoutes(t)
  const expected = methods
    .filter(method => hasOption(method, http))
    .map(method => getOption(method, http).pattern)
    .map(({ case: verb, value }) => `${verb?.toUpperCase()} ${value}`)
  t.same([...served].filter(route => !route.startsWith('HEAD ')).sort(), expected.sort())
})

t.test('what only services may call has no rule in the first place', async t => {
  const internal = methods.filter(method => getOption(method, policy).access === Access.INTERNAL)
  t.ok(internal.length > 0)
  for (const method of internal) t.equal(hasOption(method, http), false, method.name)
})

t.test('what admins may do, users may not', async t => {
  for (const method of methods.filter(candidate => hasOption(candidate, http))) {
    const { pattern } = getOption(method, http)
    const isAdmin = typeof pattern.value === 'string' && pattern.value.startsWith('/api/v1/admin/')
    t.equal(getOption(method, policy).roles.length > 0, isAdmin, method.name)
  }
})

t.test('the routes of the shop', async t => {
  const { call } = await build(t)
  for (const [method, path] of [
    ['POST', '/api/v1/orders'],
    ['GET', '/api/v1/orders'],
    ['GET', '/api/v1/orders/1'],
    ['POST', '/api/v1/payments'],
    ['GET', '/api/v1/users/me']
  ] as const) {
    t.equal((await call(method, path)).status, 401, `${method} ${path} is there, for who is signed in`)
  }
  for (const path of ['/health', '/ready', '/api/v1/products', `/api/v1/products/${productIds[0]}`]) {
    t.equal((await call('GET', path)).status, 200, `GET ${path} is there for everybody`)
  }
})

t.test('two rpcs with the same route keep the gateway from starting', async t => {
  const gateway = buildGateway(loadConfig(settings('http://127.0.0.1:1')))
  t.teardown(() => gateway.close())
  gateway.register(async scope => scope.transcode(OrderService, { upstream: 'order' }))
  const rpc = 'shop.order.v1.OrderService.CreateOrder'
  await t.rejects(async () => gateway.ready(), {
    name: 'RuleError',
    message: `shop/order/v1/order.proto: ${rpc}: "/api/v1/orders": it is the POST route of ${rpc} already`
  })
})
