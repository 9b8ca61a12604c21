import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { build, signToken } from '../helper.ts'

t.test('the document of the shop is valid OpenAPI 3.1, and anybody may read it', async t => {
  const { call } = await build(t)
  const { status, headers, body } = await call('GET', '/openapi.json')
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  const { valid, errors } = await new Validator().validate(body)
  t.ok(valid, JSON.stringify(errors))
  t.equal(body.openapi, '3.1.1')
})

t.test('it has every route of the shop, also those that are registered last, and none of what is internal', async t => {
  const { gateway, call } = await build(t)
  const { body } = await call('GET', '/openapi.json')
  const count = Object.values<object>(body.paths).flatMap(item => Object.keys(item)).length
  t.equal(count, gateway.transcodedRoutes.length)
  t.ok(body.paths['/api/v1/admin/inventory'])
  const text = JSON.stringify(body)
  for (const rpc of ['ReserveStock', 'BatchGetProducts', 'ProcessPayment']) t.notMatch(text, rpc)
  for (const path of ['/openapi.json', '/docs', '/health', '/ready']) t.notOk(body.paths[path], path)
})

t.test('it says what the protos say about their fields', async t => {
  const { call } = await build(t)
  const { body } = await call('GET', '/openapi.json')
  t.match(body.paths['/api/v1/orders/{order_id}'].get.parameters, [
    { name: 'order_id', description: 'The id of the order.', schema: { format: 'uuid' } }
  ])
  t.match(body.components.schemas['shop.product.v1.Product'].properties.stock, {
    type: ['integer', 'null'],
    description: /null when the inventory cannot be asked/
  })
})

t.test('a client that has it already is not sent it again', async t => {
  const { call } = await build(t)
  const first = await call('GET', '/openapi.json')
  const headers = { 'if-none-match': first.headers.get('etag')! }
  const second = await call('GET', '/openapi.json', { headers })
  t.equal(second.status, 304)
  t.equal(second.text, '')
  t.equal(second.headers.get('etag'), first.headers.get('etag'))
  t.equal((await call('GET', '/openapi.json', { headers: { 'if-none-match': '"other"' } })).status, 200)
})

t.test('it is compressed for clients that take that, and for no others', async t => {
  const { gateway } = await build(t)
  const encodings: [accept: string, encoding: string | undefined][] = [
    ['gzip, br', 'gzip'],
    ['br;q=1, gzip;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['identity', undefined],
    ['xgzip', undefined]
  ]
  for (const [accept, encoding] of encodings) {
    const { headers } = await gateway.inject({ url: '/openapi.json', headers: { 'accept-encoding': accept } })
    t.equal(headers['content-encoding'], encoding, accept)
    t.match(headers.vary, 'accept-encoding')
  }
})

t.test('the page may load nothing from elsewhere, and be in no other page', async t => {
  const { call } = await build(t)
  const { status, headers, text } = await call('GET', '/docs')
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.equal(headers.get('referrer-policy'), 'no-referrer')
  const policy = headers.get('content-security-policy')
  t.match(policy, /^default-src 'none';/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe|https?:|\*/)
  t.notMatch(text, /https?:\/\//)
})

t.test('all that the page needs comes from the gateway', async t => {
  const { call } = await build(t)
  const { text } = await call('GET', '/docs')
  const parts = [...text.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map(([, path]) => `/${path}`)
  t.same(parts, ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/docs.js'])
  for (const path of parts) {
    const { status, headers } = await call('GET', path)
    t.equal(status, 200, path)
    t.match(headers.get('content-type'), path.endsWith('css') ? 'text/css' : 'text/javascript')
    t.equal(headers.get('cache-control'), 'no-cache')
  }
})

t.test('a setting switches both off', async t => {
  const { call } = await build(t, { API_DOCS: 'off' })
  for (const path of ['/openapi.json', '/docs', '/docs/docs.js']) {
    t.equal((await call('GET', path, { token: await signToken() })).status, 404, path)
  }
})
