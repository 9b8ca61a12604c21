import { join } from 'node:path'
import t from 'tap'
import { compileProtos, startSluice } from '../sluice-process.ts'
import { type Answer, createClient } from './client.ts'
import { env, signUp, startShop } from './shop.ts'

const shop = await startShop(t)
const image = join(t.testdir(), 'image.binpb')
await compileProtos('proto', image)
const upstreams = Object.entries(shop.serviceUrls).flatMap(([name, url]) => {
  const service = `shop.${name}.v1.${name[0]!.toUpperCase()}${name.slice(1)}Service`
  return ['--upstream', `${service}=${new URL(url).host}`]
})
const sluice = createClient(
  await startSluice(t, ['--descriptors', image, ...upstreams], { JWT_SECRET: env.JWT_SECRET })
)

/** What an answer says, without what is new in each. */
function facts({ status, headers, body }: Answer) {
  const { request_id: _, trace_id: __, ...rest } = body
  return { status, type: headers.get('content-type'), etag: headers.get('etag'), body: rest }
}

t.test('the shop served from its descriptors answers as through its route plugins', async t => {
  const token = await signUp(shop.call, 'dora')
  const { body: page } = await shop.call('GET', '/api/v1/products?category=food')
  const order = { items: [{ product_id: page.products[0].id, quantity: 1 }], payment_method: 'paypal' }
  const { body: placed } = await sluice('POST', '/api/v1/orders', { token, body: order })
  t.match(placed, { order_id: String, status: 'confirmed' })

  const asked: [method: string, path: string, body?: unknown][] = [
    ['GET', '/api/v1/users/me'],
    ['GET', `/api/v1/orders/${placed.order_id}`],
    ['GET', '/api/v1/orders?page_size=5'],
    ['GET', `/api/v1/orders/${placed.order_id}/timeline`],
    ['GET', '/api/v1/categories'],
    ['GET', '/api/v1/orders/0198c2d4-0000-7000-8000-0000000000b1'],
    ['GET', '/api/v1/orders?page_size=5000'],
    ['GET', '/api/v1/orders/1'],
    ['GET', '/api/v1/admin/users'],
    ['PATCH', '/api/v1/users/me', { full_nam: 'Dora' }],
    ['PATCH', '/api/v1/users/me', { full_name: 'Dora', phone: '12' }],
    ['POST', '/api/v1/orders', { items: [] }],
    ['POST', '/api/v1/orders', '{"items": [}'],
    ['DELETE', '/api/v1/orders'],
    ['GET', '/api/v2/orders']
  ]
  for (const [method, path, body] of asked) {
    const options = body === undefined ? { token } : { token, body }
    const [served, plugged] = [await sluice(method, path, options), await shop.call(method, path, options)]
    t.same(facts(served), facts(plugged), `${method} ${path}`)
  }
})
