import t from 'tap'
import { createRouter } from '../../../lib/httprule/router.ts'
import { rulesOf } from './random-rules.ts'

const router = createRouter<null>()
for (const rule of rulesOf(
  'GET /api/v1/orders',
  'GET /api/v1/orders/{id}',
  'GET /api/v1/orders/{id}/items',
  'POST /api/v1/orders/{id}:cancel',
  'POST /api/v1/orders/{id}:confirm',
  'GET /api/v1/products/{id}',
  'GET /api/v1/{name=shops/*/boxes/*}',
  'GET /any/{x}/one',
  'GET /any/other/two'
)) {
  router.add(rule, null)
}

t.test('a path that no rule has: what failed, and what was probably meant', async t => {
  const cases: [path: string, hint: string | undefined][] = [
    ['/api/v1/ordres/1', 'no route has "ordres" after "/api/v1", did you mean "orders"?'],
    ['/api/v1/ORDERS', 'no route has "ORDERS" after "/api/v1", did you mean "orders"?'],
    ['/api/v1/ordr%65s/1', 'no route has "ordres" after "/api/v1", did you mean "orders"?'],
    ['/api/v1/orders/5/itmes', 'no route has "itmes" after "/api/v1/orders/5", did you mean "items"?'],
    ['/api/v1/ordres/1/itms', 'no route has "ordres" after "/api/v1", did you mean "orders"?'],
    ['/api/v2/orders', 'no route has "v2" after "/api", did you mean "v1"?'],
    ['/apis/v1/orders', 'no route has "apis" after "/", did you mean "api"?'],
    ['/api/v1/users', 'no route has "users" after "/api/v1"'],
    ['/api/v1', 'no route ends with "/api/v1"'],
    ['/api/v1/shops/1/boxs/2', 'no route has "boxs" after "/api/v1/shops/1", did you mean "boxes"?'],
    // Another literal further up makes it a path, where none further down does.
    ['/any/othr/two', 'no route has "othr" after "/any", did you mean "other"?'],
    ['/api/v1/orders/', 'no segment of a path may be empty, did you mean "/api/v1/orders"?'],
    ['/api//v1/orders//5', 'no segment of a path may be empty, did you mean "/api/v1/orders/5"?'],
    ['/api/v1/nothing/', undefined],
    ['/nowhere', undefined],
    ['/', undefined],
    ['//', undefined],
    ['', undefined],
    ['*', undefined],
    ['/%zz', undefined],
    [`/api/v1/${'o'.repeat(5_000)}`, `no route has "${'o'.repeat(64)}..." after "/api/v1"`]
  ]
  for (const [path, hint] of cases) t.equal(router.hint(path), hint, path.slice(0, 80))
})

t.test('a path that is known by other methods: a verb that was probably meant', async t => {
  const cases: [path: string, hint: string | undefined][] = [
    ['/api/v1/orders/5:cancle', 'there is no verb "cancle" here, did you mean "cancel"?'],
    ['/api/v1/orders/5:Confirm', 'there is no verb "Confirm" here, did you mean "confirm"?'],
    ['/api/v1/orders/5:cancel', undefined],
    ['/api/v1/orders/5:ship', undefined],
    ['/api/v1/orders/5', undefined],
    ['/api/v1/products/5:cancle', undefined]
  ]
  for (const [path, hint] of cases) t.equal(router.hint(path), hint, path)
})

t.test('a guess costs the same whatever is asked for', async t => {
  const large = createRouter<null>()
  const names = Array.from({ length: 2_000 }, (_, index) => `GET /resource-${'x'.repeat(20)}-${index}`)
  for (const rule of rulesOf(...names)) large.add(rule, null)
  t.match(large.hint(`/resource-${'x'.repeat(20)}-1x`), 'did you mean', 'one of the first literals is near')
  t.equal(large.hint(`/${'y'.repeat(32)}`), undefined)
  t.equal(large.hint(`/resource-${'x'.repeat(21)}-1999`), undefined, 'longer than a literal that anybody misspells')
})
