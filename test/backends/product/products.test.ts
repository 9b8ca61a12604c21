import { Code } from '@connectrpc/connect'
import t from 'tap'
import { catalogue } from '../../../backends/catalogue.ts'
import { createProductService } from '../../../backends/product/service.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { ProductService, ProductStatus } from '../../../gen/shop/product/v1/product_pb.ts'
import { startBackend } from '../helper.ts'

const backend = await startBackend(t, createProductService, { seedCatalogue: true })
const anybody = backend.client(ProductService)
const operator = backend.client(ProductService, await backend.userToken(newId(), ['operator']))
const orders = backend.client(ProductService, await backend.tokens.signService('order-service'))

/** A new product of a category that no other test looks at. */
function addProduct(category: string, overrides: { name?: string; amountMinor?: bigint; requestId?: string } = {}) {
  const { name = 'A product', amountMinor = 100n, ...rest } = overrides
  const sku = `T-${newId().slice(-12).toUpperCase()}`
  return operator.createProduct({ sku, name, category, price: { currencyCode: 'USD', amountMinor }, ...rest })
}

async function refusalOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    return { code: (error as { code: Code }).code, reason: reasonOf(error) }
  }
  return null
}

t.test('the sample catalogue comes in its order, its first product first', async t => {
  const { products, totalSize, page, pageSize } = await anybody.listProducts({ category: 'electronics' })
  const expected = catalogue.filter(product => product.category === 'electronics').map(product => product.id)
  t.same(
    products.map(product => product.id),
    expected
  )
  t.match({ totalSize, page, pageSize }, { totalSize: expected.length, page: 1, pageSize: 20 })
  t.ok(catalogue.length >= 30)
  const { categories } = await anybody.listCategories({})
  for (const name of ['clothing', 'electronics', 'food']) t.ok(categories.some(category => category.name === name))
})

t.test('pages by token show every product once, while others are added', async t => {
  const category = 'paging'
  for (let count = 0; count < 7; count++) await addProduct(category)
  const seen: string[] = []
  let pageToken: string | undefined
  do {
    const page = await anybody.listProducts({ category, pageSize: 3, ...(pageToken ? { pageToken } : {}) })
    seen.push(...page.products.map(product => product.id))
    pageToken = page.nextPageToken
    if (seen.length === 3) await addProduct(category)
  } while (pageToken)
  t.equal(seen.length, 8)
  t.equal(new Set(seen).size, 8)
})

t.test('a token of another list is refused, and so is a token beside a page', async t => {
  const { nextPageToken } = await anybody.listProducts({ pageSize: 1 })
  const other = await refusalOf(anybody.listProducts({ pageToken: nextPageToken, category: 'food' }))
  t.same(other, { code: Code.InvalidArgument, reason: 'PAGE_TOKEN_INVALID' })
  t.ok(await refusalOf(anybody.listProducts({ pageToken: nextPageToken, page: 2 })))
  t.ok(await refusalOf(anybody.listProducts({ page: 101, pageSize: 100 })))
})

t.test('products are found by words and by price, and ordered as asked', async t => {
  const category = 'searching'
  await addProduct(category, { name: 'Blue kettle', amountMinor: 300n })
  await addProduct(category, { name: 'Red kettle', amountMinor: 100n })
  await addProduct(category, { name: 'Red teapot', amountMinor: 200n })
  const names = async (request: object) =>
    (await anybody.listProducts({ category, ...request })).products.map(product => product.name)
  t.same(await names({ q: 'kettle', orderBy: 'price' }), ['Red kettle', 'Blue kettle'])
  t.same(await names({ minPrice: 200n, orderBy: 'price desc' }), ['Blue kettle', 'Red teapot'])
  t.same(await names({ maxPrice: 200n, orderBy: 'name desc' }), ['Red teapot', 'Red kettle'])
})

t.test('a product changes under its version, and keeps the fields that are not named', async t => {
  const made = await addProduct('changing')
  const changed = await operator.updateProduct({ productId: made.id, name: 'Renamed', etag: made.etag })
  t.equal(changed.name, 'Renamed')
  t.equal(changed.price?.amountMinor, 100n)
  t.same(await refusalOf(operator.updateProduct({ productId: made.id, name: 'Again', etag: made.etag })), {
    code: Code.Aborted,
    reason: 'ETAG_MISMATCH'
  })
  t.equal((await anybody.getProduct({ productId: made.id })).name, 'Renamed')
})

t.test('a deleted product is gone for customers and still there for orders', async t => {
  const { id } = await addProduct('deleting')
  await operator.deleteProduct({ productId: id })
  t.equal((await operator.deleteProduct({ productId: id })).status, ProductStatus.DELETED)
  t.same(await refusalOf(anybody.getProduct({ productId: id })), { code: Code.NotFound, reason: 'PRODUCT_NOT_FOUND' })
  t.equal((await anybody.listProducts({ category: 'deleting' })).products.length, 0)
  const unknown = newId()
  const { products, missing } = await orders.batchGetProducts({ productIds: [id, unknown] })
  t.equal(products[0]?.status, ProductStatus.DELETED)
  t.same(missing, [unknown])
})

t.test('the same key makes one product; a taken number is refused', async t => {
  const sku = 'KEYED-1'
  const request = { sku, name: 'Keyed', category: 'keyed', price: { currencyCode: 'USD', amountMinor: 1n } }
  const first = await operator.createProduct({ ...request, requestId: 'key-1' })
  const second = await operator.createProduct({ ...request, requestId: 'key-1' })
  t.equal(second.id, first.id)
  t.same(await refusalOf(operator.createProduct(request)), { code: Code.AlreadyExists, reason: 'SKU_TAKEN' })
  const other = { ...request, name: 'Other', requestId: 'key-1' }
  t.equal((await refusalOf(operator.createProduct(other)))?.reason, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a repeated create answers with the product as it is now, and says so', async t => {
  const request = { sku: 'KEYED-2', name: 'Keyed', category: 'keyed', price: { currencyCode: 'USD', amountMinor: 1n } }
  const { id } = await operator.createProduct({ ...request, requestId: 'key-2' })
  await operator.deleteProduct({ productId: id })
  let replayed: string | null = null
  const onHeader = (headers: Headers) => {
    replayed = headers.get('idempotency-replayed')
  }
  const again = await operator.createProduct({ ...request, requestId: 'key-2' }, { onHeader })
  t.match(again, { id, status: ProductStatus.DELETED })
  t.equal(replayed, 'true')
})

t.test('prices are whole minor units, exact up to their bound', async t => {
  const { id } = await addProduct('prices', { amountMinor: 10_000_000_000n })
  t.equal((await anybody.getProduct({ productId: id })).price?.amountMinor, 10_000_000_000n)
  for (const amountMinor of [0n, -1n, 10_000_000_001n]) {
    const refusal = { code: Code.InvalidArgument, reason: 'VALIDATION_FAILED' }
    t.same(await refusalOf(addProduct('prices', { amountMinor })), refusal, `${amountMinor}`)
    const price = { currencyCode: 'USD', amountMinor }
    t.same(await refusalOf(operator.updateProduct({ productId: id, price })), refusal, `${amountMinor}`)
  }
})

t.test('an update mask says what changes, and must name what can change', async t => {
  const { id } = await addProduct('masking')
  const masked = { productId: id, name: 'Masked', description: 'ignored' }
  const changed = await operator.updateProduct({ ...masked, updateMask: { paths: ['name'] } })
  t.match(changed, { name: 'Masked', description: '' })
  for (const path of ['sku', 'price']) {
    const refusal = await refusalOf(operator.updateProduct({ ...masked, updateMask: { paths: [path] } }))
    t.same(refusal, { code: Code.InvalidArgument, reason: 'VALIDATION_FAILED' }, path)
  }
})

t.test('the sample catalogue comes back as it was left, not as it was first', async t => {
  const { databaseUrl, ...first } = await startBackend(t, createProductService, { seedCatalogue: true })
  const productId = catalogue[1]!.id
  const keeper = first.client(ProductService, await first.userToken(newId(), ['operator']))
  await keeper.updateProduct({ productId, name: 'Renamed' })
  await first.close()
  const second = await startBackend(t, createProductService, { seedCatalogue: true, databaseUrl })
  const { products, totalSize } = await second.client(ProductService).listProducts({ pageSize: 2 })
  t.equal(totalSize, catalogue.length)
  t.match(products[1], { id: productId, name: 'Renamed' })
})

t.test('customers cannot keep the catalogue, and users cannot read for orders', async t => {
  const customer = backend.client(ProductService, await backend.userToken(newId()))
  t.equal((await refusalOf(customer.deleteProduct({ productId: newId() })))?.code, Code.PermissionDenied)
  t.equal((await refusalOf(operator.batchGetProducts({ productIds: [newId()] })))?.code, Code.PermissionDenied)
})
