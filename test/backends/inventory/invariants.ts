import { sql } from 'kysely'
import type t from 'tap'
import type { Db } from '../../../backends/inventory/stock.ts'

/**
 * What must hold of the stock whenever nothing is under way:
 * I1 no more is reserved than there is, and nothing below zero;
 * I2 what is reserved is what open reservations hold;
 * I3 the stock is the sum of its movements.
 */
export async function checkStockInvariants(test: Pick<typeof t, 'same'>, db: Db): Promise<void> {
  const i1 = await sql`SELECT product_id FROM stock WHERE reserved < 0 OR on_hand < reserved`.execute(db)
  test.same(i1.rows, [], 'I1: on hand >= reserved >= 0')
  const i2 = await sql`SELECT product_id, reserved, coalesce(held, 0) AS held FROM stock LEFT JOIN (
      SELECT product_id, sum(quantity) AS held FROM reservation_items JOIN reservations USING (order_id)
      WHERE status = 'reserved' GROUP BY product_id) AS open USING (product_id)
    WHERE reserved <> coalesce(held, 0)`.execute(db)
  test.same(i2.rows, [], 'I2: reserved is what open reservations hold')
  const i3 = await sql`SELECT product_id, on_hand, reserved FROM stock LEFT JOIN (
      SELECT product_id, sum(delta_on_hand) AS on_hand_sum, sum(delta_reserved) AS reserved_sum
      FROM stock_movements GROUP BY product_id) AS moved USING (product_id)
    WHERE on_hand <> coalesce(on_hand_sum, 0) OR reserved <> coalesce(reserved_sum, 0)`.execute(db)
  test.same(i3.rows, [], 'I3: stock is the sum of its movements')
}
