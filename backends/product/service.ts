import { sql } from 'kysely'
import { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { catalogue } from '../catalogue.ts'
import type { BackendFactory } from '../shared/backend.ts'
import { openDatabase } from '../shared/database.ts'
import { createRedisCache, noCache } from './cache.ts'
import { keepingRpcs } from './keeping-rpcs.ts'
import { createProductMetrics } from './metrics.ts'
import { productMigrations } from './migrations.ts'
import { readingRpcs } from './reading-rpcs.ts'
import type { ProductSchema } from './schema.ts'
import type { Db } from './store.ts'

/** The catalogue. With a Redis URL, single products are cached there. */
export const createProductService: BackendFactory = async (settings, { log, pager }) => {
  const db = await openDatabase<ProductSchema>({ url: settings.databaseUrl, migrations: productMigrations })
  try {
    if (settings.seedCatalogue) await seedProducts(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  const cache = settings.redisUrl === undefined ? noCache : createRedisCache(settings.redisUrl, log)
  const context = { db, cache, metrics: createProductMetrics(), pager }

  return {
    services: [ProductService],
    routes: router => router.service(ProductService, { ...readingRpcs(context), ...keepingRpcs(context) }),
    async ready() {
      await sql`SELECT 1`.execute(db)
      return true
    },
    async close() {
      await cache.close()
      await db.destroy()
    }
  }
}

/** Adds the sample catalogue; products that exist stay as they are. */
async function seedProducts(db: Db): Promise<void> {
  const rows = catalogue.map(({ id, sku, name, description, category, priceMinor, createdAt }) => ({
    ...{ id, sku, name, description, category, image_url: '', price_minor: priceMinor, currency_code: 'USD' },
    ...{ status: 'active' as const, created_at: createdAt }
  }))
  await db
    .insertInto('products')
    .values(rows)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}
