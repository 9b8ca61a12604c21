import { sql } from 'kysely'
import { InventoryService } from '../../gen/shop/inventory/v1/inventory_pb.ts'
import type { Backend, BackendDependencies } from '../shared/backend.ts'
import { openDatabase } from '../shared/database.ts'
import type { ServiceSettings } from '../shared/settings.ts'
import { startExpiry } from './expiry.ts'
import { keepingRpcs } from './keeping-rpcs.ts'
import { createInventoryMetrics } from './metrics.ts'
import { inventoryMigrations } from './migrations.ts'
import { reservationRpcs } from './reservation-rpcs.ts'
import type { InventorySchema } from './schema.ts'
import { seedStock } from './seed.ts'

/** What a deployment leaves at its defaults. */
export interface InventoryOptions {
  /** How often overdue reservations are looked for, in ms. Default 5,000. */
  expiryIntervalMs?: number
}

/** What is in the warehouse and what is promised to orders. */
export async function createInventoryService(
  settings: ServiceSettings,
  { log, pager }: BackendDependencies,
  { expiryIntervalMs = 5_000 }: InventoryOptions = {}
): Promise<Backend> {
  const db = await openDatabase<InventorySchema>({ url: settings.databaseUrl, migrations: inventoryMigrations })
  try {
    if (settings.seedCatalogue) await seedStock(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  const metrics = createInventoryMetrics(db, log)
  const expiry = startExpiry(db, log, expiryIntervalMs)

  return {
    services: [InventoryService],
    routes: router => router.service(InventoryService, { ...reservationRpcs(db, metrics), ...keepingRpcs(db, pager) }),
    async ready() {
      await sql`SELECT 1`.execute(db)
      return true
    },
    async close() {
      metrics.close()
      await expiry.close()
      await db.destroy()
    }
  }
}
