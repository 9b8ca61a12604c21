import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import t from 'tap'
import { catalogue } from '../../../backends/catalogue.ts'
import { productMigrations } from '../../../backends/product/migrations.ts'
import type { ProductSchema } from '../../../backends/product/schema.ts'
import { createProductService } from '../../../backends/product/service.ts'
import { openDatabase } from '../../../backends/shared/database.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { ProductService, ProductStatus } from '../../../gen/shop/product/v1/product_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'
import { skipWithoutRedis as skip, startRedis } from '../redis.ts'

const [first, second] = catalogue as [(typeof catalogue)[0], (typeof catalogue)[0]]

/** A shop with a cache, and a way to its database that the cache does not see. */
async function startCached(t: Test) {
  const { url: redisUrl } = await startRedis(t)
  const backend = await startBackend(t, createProductService, { seedCatalogue: true, redisUrl })
  const db = await openDatabase<ProductSchema>({ url: backend.databaseUrl, migrations: productMigrations })
  t.teardown(() => db.destroy())
  const anybody = backend.client(ProductService)
  const priceOf = async (productId: string) => (await anybody.getProduct({ productId })).price?.amountMinor
  const setPrice = (id: string, price: bigint) =>
    db.updateTable('products').set({ price_minor: price }).where('id', '=', id).execute()

  /** Changes the price behind the cache's back until only the cache can be what answers. */
  async function fillCache(id: string) {
    let price = 1n
    await eventually(async () => {
      const shown = await priceOf(id)
      await setPrice(id, ++price)
      return (await priceOf(id)) === shown
    })
    return price
  }
  return { backend, db, anybody, priceOf, fillCache }
}

t.test('orders read prices from the database and never from the cache', { skip }, async t => {
  const { backend, priceOf, fillCache } = await startCached(t)
  const current = await fillCache(first.id)
  t.not(await priceOf(first.id), current, 'the cache still shows an earlier price')
  const orders = backend.client(ProductService, await backend.tokens.signService('order-service'))
  const { products } = await orders.batchGetProducts({ productIds: [first.id] })
  t.equal(products[0]?.price?.amountMinor, current)
})

t.test('a change shows at once, even when somebody reads while it commits', { skip }, async t => {
  const { backend, db, anybody, fillCache } = await startCached(t)
  await fillCache(first.id)
  // Holds every change of a product in its commit for as long as somebody has the advisory lock 1.
  await sql`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$`.execute(db)
  await sql`CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON products DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait()`.execute(db)
  const operator = backend.client(ProductService, await backend.userToken(newId(), ['operator']))
  const renamed = await db.connection().execute(async holder => {
    await sql`SELECT pg_advisory_lock(1)`.execute(holder)
    const change = operator.updateProduct({ productId: first.id, name: 'Renamed' })
    await eventually(async () => {
      const waiting = await sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`.execute(db)
      return waiting.rows.length > 0
    })
    t.equal((await anybody.getProduct({ productId: first.id })).name, first.name)
    await sql`SELECT pg_advisory_unlock(1)`.execute(holder)
    return change
  })
  t.equal(renamed.name, 'Renamed')
  t.equal((await anybody.getProduct({ productId: first.id })).name, 'Renamed')
})

t.test('a product that is off sale or deleted is not found, and not in the cache either', { skip }, async t => {
  const { backend, anybody, fillCache } = await startCached(t)
  const operator = backend.client(ProductService, await backend.userToken(newId(), ['operator']))
  await fillCache(first.id)
  await fillCache(second.id)
  await operator.updateProduct({ productId: first.id, status: ProductStatus.INACTIVE })
  await operator.deleteProduct({ productId: second.id })
  for (const { id } of [first, second]) {
    const refusal = await refusalOf(anybody.getProduct({ productId: id }))
    t.equal(refusal.code, Code.NotFound)
    t.equal(reasonOf(refusal), 'PRODUCT_NOT_FOUND')
  }
})

t.test('a product that is on sale again is shown at once', { skip }, async t => {
  const { backend, anybody } = await startCached(t)
  const operator = backend.client(ProductService, await backend.userToken(newId(), ['operator']))
  await operator.updateProduct({ productId: first.id, status: ProductStatus.INACTIVE })
  await refusalOf(anybody.getProduct({ productId: first.id }))
  await operator.updateProduct({ productId: first.id, status: ProductStatus.ACTIVE })
  t.equal((await anybody.getProduct({ productId: first.id })).name, first.name)
})

t.test('an id is the same in capitals', async t => {
  const { client } = await startBackend(t, createProductService, { seedCatalogue: true })
  t.equal((await client(ProductService).getProduct({ productId: first.id.toUpperCase() })).id, first.id)
})

t.test('the stock of a product is not told here: the inventory is its only source', async t => {
  const { client } = await startBackend(t, createProductService, { seedCatalogue: true })
  const anybody = client(ProductService)
  t.equal((await anybody.getProduct({ productId: first.id })).stock, undefined)
  const { products } = await anybody.listProducts({})
  t.ok(products.length > 0 && products.every(product => product.stock === undefined))
})
