import type { Message } from '@bufbuild/protobuf'
import t from 'tap'
import { UpdateProductRequestSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { compileRoute, type RouteOptions } from '../../../lib/transcode/bind.ts'
import { headerFields } from '../../../lib/transcode/header-fields.ts'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { methodWith } from '../httprule/method-with.ts'
import { bind, routeOf, type Sent } from './route.ts'

function maskOf(message: Message): string[] | undefined {
  return (message as { updateMask?: { paths: string[] } }).updateMask?.paths
}

const patch = routeOf(LibraryService.method.updateBook)

t.test('a PATCH without a mask updates the fields that its body has', async t => {
  const cases: [body: unknown, paths: string[] | undefined][] = [
    [{ title: 'x' }, ['title']],
    [{ title: 'x', priceMinor: 5 }, ['title', 'price_minor']],
    [{ title: null, price_minor: 0 }, ['title', 'price_minor']],
    [{ author: { name: 'x', born: 1 } }, ['author.name', 'author.born']],
    [{ author: {} }, ['author']],
    [{ author: null }, ['author']],
    [{ tags: [], labels: { a: 'b' } }, ['tags', 'labels']],
    [{ published_at: '2024-05-01T00:00:00Z' }, ['published_at']],
    [{ id: '5', title: 'x' }, ['title']],
    [{}, undefined],
    [undefined, undefined]
  ]
  for (const [body, paths] of cases) {
    t.same(maskOf(bind(patch, { url: '/v1/books/5', body })), paths, JSON.stringify(body))
  }
})

t.test('a mask that the caller sent stays', async t => {
  const body = { title: 'x', price_minor: 5 }
  t.same(maskOf(bind(patch, { url: '/v1/books/5?update_mask=title', body })), ['title'])
  t.same(maskOf(bind(patch, { url: '/v1/books/5?updateMask=', body })), [])
})

t.test('other methods are left alone', async t => {
  const put = routeOf(LibraryService.method.updateBook, {}, 1)
  t.equal(maskOf(bind(put, { url: '/v1/books/5', body: { title: 'x' } })), undefined)
})

t.test('with the whole request as the body, fields that only steer the call are left out', async t => {
  const productId = '0198c2d4-0000-7000-8000-0000000000a1'
  const pattern = { case: 'patch', value: '/v1/products/{product_id}' } as const
  const rule = httpRules(methodWith({ pattern, body: '*' }, UpdateProductRequestSchema))[0]!
  const update = (body: object, options?: RouteOptions): Message => {
    const sent: Sent = { url: `/v1/products/${productId}`, body }
    return bind(compileRoute(rule, options), sent)
  }
  const body = { name: 'x', price: { currency_code: 'EUR' }, etag: '"1"', productId }
  t.same(
    maskOf(
      update(body, { headers: headerFields({ idempotencyKeyField: '', ifMatchField: 'etag', eventStream: null }) })
    ),
    ['name', 'price.currency_code']
  )
  t.same(maskOf(update(body)), ['name', 'price.currency_code', 'etag'])
  t.same(maskOf(update({ ...body, update_mask: 'name' })), ['name'])
  t.same(maskOf(update({ name: 'x', update_mask: null })), ['name'])
})
