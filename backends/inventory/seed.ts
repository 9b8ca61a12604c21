import { catalogue } from '../catalogue.ts'
import { type Db, move } from './stock.ts'

/** Gives every product of the sample catalogue its first stock. What has stock already keeps it. */
export function seedStock(db: Db): Promise<void> {
  return db.transaction().execute(async tx => {
    for (const { id, sku, stock, reorderThreshold } of catalogue) {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('stock')
        .values({ product_id: id, sku, reorder_threshold: reorderThreshold })
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n || stock === 0) continue
      await move(tx, {
        kind: 'adjust',
        productId: id,
        onHand: stock,
        reserved: 0,
        actor: 'seed',
        note: 'sample catalogue'
      })
    }
  })
}
