import { sql } from 'kysely'
import type { Logger } from 'pino'
import { runningAttempt } from './attempts.ts'
import type { FlowEngine } from './engine.ts'
import { cancelFlowId } from './flow.ts'
import type { OrderMetrics } from './metrics.ts'
import { flowActor } from './order-steps.ts'
import type { Db, OrderRow } from './schema.ts'
import { enterStatus } from './status.ts'
import { lockOrder } from './store.ts'

export interface SweepOptions {
  /** How often to look, in ms. Default 10,000. */
  intervalMs?: number
  /** How long an order must have stood still before its flow is looked after, in ms. Default 30,000. */
  ageMs?: number
  /** How long the state of a flow that ended well is kept, in ms. Default a week. */
  keepMs?: number
}

export interface SweepDeps {
  db: Db
  engine: FlowEngine
  metrics: OrderMetrics
  log: Logger
}

export interface Sweep {
  /** Stops looking and waits for what runs. */
  close(): Promise<void>
}

/** How many orders are looked after at a time: more wait for the next round. */
const batchSize = 200

/**
 * The net under the flows. It looks for orders whose flow was never started, because the process died between the row and
 * the start, or whose flow ended without bringing them to rest; and for orders whose time to pay is over. The first look,
 * when the process starts, does not wait for them to age. It also clears away keys and flows that have had their time.
 */
export async function startSweep(
  deps: SweepDeps,
  { intervalMs = 10_000, ageMs = 30_000, keepMs = 7 * 86_400_000 }: SweepOptions = {}
): Promise<Sweep> {
  let running: Promise<void> | null = null

  async function look(minAgeMs: number): Promise<void> {
    try {
      await wakeStandstills(deps, minAgeMs)
      await expireUnpaid(deps)
      await deps.db.deleteFrom('idempotency_keys').where('expires_at', '<', sql<Date>`now()`).execute()
      await deps.engine.forget(new Date(Date.now() - keepMs), batchSize)
    } catch (error) {
      deps.log.error({ err: error }, 'orders could not be looked after')
    }
  }

  const timer = setInterval(() => {
    running ??= look(ageMs).finally(() => {
      running = null
    })
  }, intervalMs)
  timer.unref()
  await look(0)

  return {
    async close() {
      clearInterval(timer)
      await running
    }
  }
}

/** An order at rest has nothing running; any other one that stands still has its flow looked after. */
async function wakeStandstills({ db, engine, log }: SweepDeps, minAgeMs: number): Promise<void> {
  const orders = [...(await openOrders(db, minAgeMs)), ...(await ordersInRefund(db, minAgeMs))]
  for (const { id, workflow_id } of orders) {
    await apart(log, id, () => engine.wake(workflow_id, { orderId: id, trace: {} }))
  }
}

type Standstill = Pick<OrderRow, 'id' | 'workflow_id'>

async function openOrders(db: Db, minAgeMs: number): Promise<Standstill[]> {
  return await db
    .selectFrom('orders')
    .select(['id', 'workflow_id'])
    .where('updated_at', '<=', sql<Date>`now() - ${minAgeMs} * interval '1 millisecond'`)
    .where(eb =>
      eb.or([
        eb('status', 'in', ['pending', 'paid', 'cancelling']),
        eb('status', '=', 'awaiting_payment').and(
          eb.exists(
            eb
              .selectFrom('payment_attempts')
              .select('attempt')
              .whereRef('payment_attempts.order_id', '=', 'orders.id')
              .where('payment_attempts.status', '=', 'running')
          )
        )
      ])
    )
    .orderBy('updated_at')
    .limit(batchSize)
    .execute()
}

async function ordersInRefund(db: Db, minAgeMs: number): Promise<Standstill[]> {
  return await db
    .selectFrom('order_refunds')
    .innerJoin('orders', 'orders.id', 'order_refunds.order_id')
    .select(['orders.id', 'orders.workflow_id'])
    .where('order_refunds.status', '=', 'running')
    .where('order_refunds.updated_at', '<=', sql<Date>`now() - ${minAgeMs} * interval '1 millisecond'`)
    .orderBy('order_refunds.updated_at')
    .limit(batchSize)
    .execute()
}

async function expireUnpaid({ db, engine, metrics, log }: SweepDeps): Promise<void> {
  const due = await db
    .selectFrom('orders')
    .select('id')
    .where('status', '=', 'awaiting_payment')
    .where('expires_at', '<', sql<Date>`now()`)
    .limit(batchSize)
    .execute()
  for (const { id } of due) {
    await apart(log, id, async () => {
      const order = await beginExpiry(db, id)
      if (!order) return
      metrics.entered('cancelling')
      await engine.start(order.workflow_id, { orderId: id, trace: {} })
    })
  }
}

/** One order that cannot be looked after does not keep the others from it. */
async function apart(log: Logger, orderId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.error({ err: error, order_id: orderId }, 'an order could not be looked after')
  }
}

/** null: it was paid, or is being paid, meanwhile. */
async function beginExpiry(db: Db, orderId: string): Promise<OrderRow | null> {
  return await db.transaction().execute(async trx => {
    const order = await lockOrder(trx, orderId)
    if (order.status !== 'awaiting_payment' || order.expires_at === null || order.expires_at > new Date()) return null
    if (await runningAttempt(trx, orderId)) return null
    const set = { failure_reason: 'PAYMENT_EXPIRED', workflow_id: cancelFlowId(orderId) }
    const changed = await enterStatus(trx, orderId, 'cancelling', { actor: flowActor, reason: 'PAYMENT_EXPIRED', set })
    return changed.order
  })
}
