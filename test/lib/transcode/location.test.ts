import { create, type DescMessage, type DescService, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { CreateOrderResponseSchema, OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { ProductSchema, ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { UserSchema, UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { routePolicy } from '../../../lib/policies/route-policy.ts'
import { compileLocation, type Locate, type ServedRule } from '../../../lib/transcode/location.ts'
import { BookSchema, LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'

function servedBy({ methods }: DescService): ServedRule[] {
  return methods.flatMap(method => httpRules(method).map(rule => ({ rule, policy: routePolicy(method) })))
}

function locate(service: DescService, name: string): Locate | null {
  const served = servedBy(service)
  return compileLocation(served.find(({ rule }) => rule.method.name === name)!, served)
}

function wireOf<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): Uint8Array {
  return toBinary(desc, create(desc, init))
}

t.test('the id of the answer fills the template by which the resource is read', async t => {
  t.equal(locate(LibraryService, 'CreateBook')?.(wireOf(BookSchema, { id: '5' })), '/v1/books/5')
})

t.test('..._id in a template is the id of the resource', async t => {
  t.equal(locate(ProductService, 'CreateProduct')?.(wireOf(ProductSchema, { id: 'p' })), '/api/v1/products/p')
})

t.test('an answer around the resource names it, or holds it', async t => {
  const locateOrder = locate(OrderService, 'CreateOrder')
  t.equal(locateOrder?.(wireOf(CreateOrderResponseSchema, { orderId: 'o' })), '/api/v1/orders/o')
  const [created, ...others] = servedBy(OrderService)
  const held = {
    ...created!.rule.method,
    output: { ...CreateOrderResponseSchema, fields: [CreateOrderResponseSchema.field.order] }
  }
  const locateHeld = compileLocation({ ...created!, rule: { ...created!.rule, method: held as never } }, others)
  t.equal(locateHeld?.(wireOf(CreateOrderResponseSchema, { order: { id: 'o' } })), '/api/v1/orders/o')
})

t.test('what was created is not mistaken for another resource that it names', async t => {
  t.equal(locate(OrderService, 'PayOrder'), null)
})

t.test('nobody is sent where a role is asked for that creating does not ask for', async t => {
  t.equal(locate(UserService, 'Register'), null)
  const served = servedBy(UserService)
  const register = served.find(({ rule }) => rule.method.name === 'Register')!
  const byAdmin = compileLocation({ ...register, policy: { ...register.policy, roles: ['admin'] } }, served)
  t.equal(byAdmin?.(wireOf(UserSchema, { id: 'u' })), '/api/v1/admin/users/u')
})

t.test('the id is one segment, whatever is in it', async t => {
  const locateProduct = locate(ProductService, 'CreateProduct')
  t.equal(locateProduct?.(wireOf(ProductSchema, { id: 'a/b c?é' })), '/api/v1/products/a%2Fb%20c%3F%C3%A9')
})

t.test('without an id that a path can carry there is no location', async t => {
  const locateProduct = locate(ProductService, 'CreateProduct')
  for (const id of ['', '..', 'a\nb']) t.equal(locateProduct?.(wireOf(ProductSchema, { id })), undefined, id)
})
