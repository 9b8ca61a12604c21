import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { type Path, pathToString } from '@bufbuild/protobuf/reflect'
import { FieldDescriptorProto_Label as Label } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { CreateOrderRequestSchema, OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { GetProductRequestSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { compileRoute } from '../../../lib/transcode/bind.ts'
import { headerFields } from '../../../lib/transcode/header-fields.ts'
import { compileValidation } from '../../../lib/transcode/validation.ts'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { NestedSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { methodWith } from '../httprule/method-with.ts'
import { bind, refusals, routeOf } from './route.ts'
import { fieldOf, innerField, messageOf } from './rules-of.ts'

const productId = '0198c2d4-0000-7000-8000-0000000000a1'

/** What is wrong with a message, one line each. */
function broken<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): string[] {
  const violations = compileValidation(desc)!(create(desc, init), 0)
  return violations.map(({ field, message }) => `${pathToString(field as Path)}: ${message}`)
}

t.test('a message without rules is not looked at, also when it can hold itself', async t => {
  t.equal(compileValidation(NestedSchema), undefined)
  t.equal(compileValidation(messageOf([fieldOf(1, { name: 'a' })])), undefined)
})

t.test('rules are found however deep they are', async t => {
  const inner = [fieldOf(1, { name: 'name' }, { required: true }), fieldOf(2, innerField)]
  const outer = messageOf([fieldOf(1, innerField)], { inner })
  t.same(broken(outer, { inner: {} }), ['inner.name: value is required'])
  t.same(broken(outer, { inner: { name: 'x', inner: { inner: { name: 'x' } } } }), [
    'inner.inner.name: value is required'
  ])
  t.same(broken(outer, {}), [])
})

t.test('rules in CEL count, of fields and of messages', async t => {
  const cel = [{ id: 'twin', message: 'a and b must be the same', expression: 'this.a == this.b' }]
  const fields = [
    fieldOf(1, { name: 'a' }, { cel: [{ id: 'short', expression: "this.size() < 3 ? '' : 'must be short'" }] }),
    fieldOf(2, { name: 'b' })
  ]
  const outer = messageOf(fields, { rules: { cel } })
  t.same(broken(outer, { a: 'xy', b: 'xy' }), [])
  t.same(broken(outer, { a: 'xyz' }).sort(), [': a and b must be the same', 'a: must be short'])
})

t.test('a required field of proto2 has to be there', async t => {
  const outer = messageOf([fieldOf(1, { name: 'a', label: Label.REQUIRED }), fieldOf(2, { name: 'b' })], {
    syntax: 'proto2'
  })
  const route = compileRoute(httpRules(methodWith({ pattern: { case: 'put', value: '/{b}' }, body: '*' }, outer))[0]!)
  t.same(refusals(route, { url: '/x', body: { a: '' } }), [])
  t.same(refusals(route, { url: '/x', body: {} }), ['a: value is required'])
})

t.test('a rule that cannot be compiled stops the start', async t => {
  const wrong = {
    'an expression that is none': [fieldOf(1, { name: 'a' }, { cel: [{ id: 'x', expression: 'this ==' }] })],
    'a rule for numbers on a text': [fieldOf(1, { name: 'a' }, { type: { case: 'int32', value: { const: 1 } } })],
    'also on the elements of a list': [
      fieldOf(
        1,
        { name: 'a', label: Label.REPEATED },
        {
          type: { case: 'repeated', value: { items: { cel: [{ id: 'x', expression: 'this ==' }] } } }
        }
      )
    ]
  }
  for (const [name, fields] of Object.entries(wrong)) {
    const expected = { code: 'SLUICE_ERR_VALIDATION_INVALID', message: /^test\.Outer: buf\.validate: / }
    t.throws(() => compileValidation(messageOf(fields)), expected, name)
  }
  const inner = messageOf([fieldOf(1, innerField)], {
    inner: [fieldOf(1, { name: 'a' }, { cel: [{ id: 'x', expression: 'this ==' }] })]
  })
  t.throws(() => compileValidation(inner), { message: /^test\.Inner: / }, 'in what it can hold')
  const message = messageOf([], { rules: { cel: [{ id: 'x', expression: 'this ==' }] } })
  t.throws(() => compileValidation(message), { code: 'SLUICE_ERR_VALIDATION_INVALID' }, 'of the message')
})

t.test('what breaks a rule in the query is named by the key that was sent', async t => {
  const list = routeOf(LibraryService.method.listBooks)
  const range = 'must be greater than or equal to 0 and less than or equal to 100'
  t.same(refusals(list, { url: '/v1/books?pageSize=101' }), [`pageSize: ${range}`])
  t.same(refusals(list, { url: '/v1/books?page_size=-1' }), [`page_size: ${range}`])
})

t.test('in the path, by the variable', async t => {
  const route = compileRoute(
    httpRules(methodWith({ pattern: { case: 'get', value: '/{product_id}' } }, GetProductRequestSchema))[0]!
  )
  t.same(refusals(route, { url: '/x' }), ['product_id: must be a valid UUID'])
})

t.test('in the body, as it is spelled there, and all at once', async t => {
  const create = routeOf(LibraryService.method.createBook)
  const found = refusals(create, {
    url: '/v1/books',
    body: { tags: ['a', ''], priceMinor: -1, color: 7, author: null }
  })
  t.same(found, [
    'title: must be at least 1 characters',
    'author: value is required',
    'tags[1]: must be at least 1 characters',
    'color: value must be one of the defined enum values',
    'priceMinor: must be greater than or equal to 0'
  ])
})

t.test('from the body on, when the body is one field', async t => {
  const pattern = { case: 'post', value: '/items' } as const
  const route = compileRoute(httpRules(methodWith({ pattern, body: 'items' }, CreateOrderRequestSchema))[0]!)
  const url = '/items?payment_method=paypal'
  t.same(
    refusals(route, {
      url,
      body: [
        { productId, quantity: 1 },
        { productId: 'x', quantity: 0 }
      ]
    }),
    [
      '[1].productId: must be a valid UUID',
      '[1].quantity: must be greater than or equal to 1 and less than or equal to 999'
    ]
  )
  t.match(refusals(route, { url, body: [] }), [/^items: /])
})

t.test('a header by the field that it sets', async t => {
  const headers = headerFields({ idempotencyKeyField: '', ifMatchField: 'etag', eventStream: null })
  const route = compileRoute(httpRules(OrderService.method.cancelOrder)[0]!, { headers })
  const input = { rawPath: `/api/v1/orders/${productId}/cancel`, rawQuery: '', body: undefined }
  t.throws(() => route.bind({ ...input, headers: { 'if-match': 'x'.repeat(1000) } }), {
    reason: 'VALIDATION_FAILED',
    message: /^etag: /
  })
})

t.test('of a large request the first thing is told, however much is wrong', async t => {
  const items = Array.from({ length: 5000 }, () => ({ product_id: 'x' }))
  const route = routeOf(OrderService.method.createOrder)
  t.same(refusals(route, { url: '/api/v1/orders', body: { items } }), ['items: must contain no more than 50 item(s)'])
  t.equal(refusals(route, { url: '/api/v1/orders', body: { items: items.slice(0, 60) } }).length, 20)
})

t.test('the sentence is the one that the services have for it', async t => {
  t.throws(() => bind(routeOf(LibraryService.method.listBooks), { url: '/v1/books?page_size=101' }), {
    reason: 'VALIDATION_FAILED',
    message: 'page_size: must be greater than or equal to 0 and less than or equal to 100'
  })
})

t.test('what cannot be read is told first', async t => {
  t.same(refusals(routeOf(LibraryService.method.createBook), { url: '/v1/books', body: { titel: '' } }), [
    'titel: unknown field "titel", did you mean "title"?'
  ])
})
