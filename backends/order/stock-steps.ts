import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Client } from '@connectrpc/connect'
import type { InventoryService, Reservation } from '../../gen/shop/inventory/v1/inventory_pb.ts'
import { reasonOf } from '../shared/service-error.ts'
import type { Cancelled } from './flow.ts'
import type { Outcome, Refusal } from './outcome.ts'
import { callTimeoutMs, createStepKit, type FlowOptions, inSagaSpan, type StepDeps } from './step-kit.ts'
import { itemsOf } from './store.ts'

export interface StockStepDeps extends StepDeps {
  inventory: Client<typeof InventoryService>
}

/** A confirmation that takes longer, in ms, is an alert. */
const confirmAlertMs = 300_000

export type StockSteps = ReturnType<typeof createStockSteps>

/** The steps that ask the inventory service; the key of each is the order. */
export function createStockSteps(
  deps: StockStepDeps,
  { reservationSeconds: ttlSeconds = 900, unknownBudgetMs = 60_000 }: FlowOptions = {}
) {
  const { db, inventory, repeater } = deps
  const { read, noteRetries, cancelWanted, compensate } = createStepKit(deps)
  const timeoutMs = callTimeoutMs

  return {
    /** Sets all lines aside, or none. */
    async reserve(orderId: string): Promise<Outcome<{ expiresAt: string }>> {
      return await inSagaSpan('reserve_inventory', orderId, async () => {
        const rows = await read('reserve', orderId, () => itemsOf(db, [orderId]))
        const items = rows.map(row => ({ productId: row.product_id, quantity: row.quantity }))
        const call = async () => expiryOf(await inventory.reserveStock({ orderId, items, ttlSeconds }, { timeoutMs }))
        const reserved = await repeater.untilKnown(call, unknownBudgetMs, noteRetries('reserve', orderId))
        // A product that the warehouse has never seen is out of stock, as far as the customer is concerned.
        if (reserved.kind !== 'refused' || reserved.reason !== 'STOCK_NOT_FOUND') return reserved
        return { ...reserved, reason: 'INSUFFICIENT_STOCK' }
      })
    },

    /** Holds the stock for as long again, so that it does not expire while it is being paid. */
    async extend(orderId: string): Promise<Outcome<{ expiresAt: string }> | Cancelled> {
      return await inSagaSpan('extend_reservation', orderId, async () => {
        if (await cancelWanted(orderId)) return { kind: 'cancelled' }
        const call = async () => expiryOf(await inventory.extendReservation({ orderId, ttlSeconds }, { timeoutMs }))
        return await repeater.untilKnown(call, unknownBudgetMs, noteRetries('extend', orderId))
      })
    },

    /** Turns the reservation into a sale; for as long as it takes, because the money is taken. */
    async confirm(orderId: string): Promise<{ kind: 'done' } | Refusal> {
      return await inSagaSpan('confirm_inventory', orderId, async () => {
        const note = noteRetries('confirm', orderId, confirmAlertMs)
        const call = () => inventory.confirmReservation({ orderId }, { timeoutMs })
        const confirmed = await repeater.untilKnown(call, Number.POSITIVE_INFINITY, note)
        return confirmed.kind === 'refused' ? confirmed : { kind: 'done' }
      })
    },

    /** Puts the stock back, reserved or sold, and keeps a reservation that is still on its way from taking any. */
    async returnStock(orderId: string, ending: 'failed' | 'cancelled' | 'refunded'): Promise<void> {
      await compensate('return stock', orderId, async () => {
        try {
          await inventory.releaseReservation({ orderId, reason: `order ${ending}` }, { timeoutMs })
        } catch (error) {
          if (reasonOf(error) !== 'RESERVATION_CLOSED') throw error
          await inventory.returnStock({ orderId }, { timeoutMs })
        }
      })
    }
  }
}

function expiryOf(reservation: Reservation): { expiresAt: string } {
  return { expiresAt: timestampDate(reservation.expiresAt!).toISOString() }
}
