import { ConnectError } from '@connectrpc/connect'
import { sql } from 'kysely'
import { inventoryMigrations } from '../../../backends/inventory/migrations.ts'
import type { InventorySchema } from '../../../backends/inventory/schema.ts'
import { createInventoryService } from '../../../backends/inventory/service.ts'
import { move } from '../../../backends/inventory/stock.ts'
import { openDatabase } from '../../../backends/shared/database.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import type { ServiceSettings } from '../../../backends/shared/settings.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { startBackend, startPostgres, type Test } from '../helper.ts'

export type Warehouse = Awaited<ReturnType<typeof openWarehouse>>

/**
 * An inventory service with clients for those who use it, and with its database.
 *
 * @param expiryIntervalMs Default an hour: a test expires what it wants to see expired.
 */
export async function openWarehouse(
  t: Test,
  { expiryIntervalMs = 3_600_000, ...overrides }: Partial<ServiceSettings> & { expiryIntervalMs?: number } = {}
) {
  const databaseUrl = overrides.databaseUrl ?? (await startPostgres(t)).url(`warehouse_${newId().replaceAll('-', '')}`)
  const backend = await startBackend(
    t,
    (settings, dependencies) => createInventoryService(settings, dependencies, { expiryIntervalMs }),
    { ...overrides, databaseUrl }
  )
  const inventory = backend.client(InventoryService, await backend.tokens.signService('order-service'))
  const operator = backend.client(InventoryService, await backend.userToken(newId(), ['operator']))
  const db = await openDatabase<InventorySchema>({ url: databaseUrl, migrations: inventoryMigrations })
  t.teardown(() => db.destroy())

  return {
    backend,
    /** As the order service calls. */
    inventory,
    operator,
    db,

    /** A new product of which there are so many. */
    async stocked(onHand: number): Promise<string> {
      const productId = newId()
      const sku = `SKU-${productId.slice(-12).toUpperCase()}`
      await db.insertInto('stock').values({ product_id: productId, sku }).execute()
      const movement = { kind: 'adjust', productId, onHand, reserved: 0, actor: 'test' } as const
      await db.transaction().execute(tx => move(tx, movement))
      return productId
    },

    async stockOf(productId: string) {
      const { onHand, reserved } = await operator.getStock({ productId })
      return { onHand, reserved }
    },

    /** As if the time of a reservation were over. */
    async runOut(orderId: string): Promise<void> {
      await sql`UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = ${orderId}`.execute(
        db
      )
    }
  }
}

/** How a call was refused; null when it was not. */
export async function outcomeOf(call: Promise<unknown>) {
  try {
    await call
    return null
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    return { code: error.code, reason: reasonOf(error), metadata: metadataOf(error) }
  }
}
