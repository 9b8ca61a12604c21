import type { Client, HandlerContext } from '@connectrpc/connect'
import { context as activeContext, propagation } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { PaymentService } from '../../gen/shop/payment/v1/payment_pb.ts'
import type { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { actsForOthers, callerOf } from '../shared/identity.ts'
import type { FlowEngine, FlowInput } from './engine.ts'
import type { OrderMetrics } from './metrics.ts'
import type { Db, OrderRow } from './schema.ts'

/** What the rpcs of the order service work with. */
export interface OrderDeps {
  db: Db
  engine: FlowEngine
  products: Client<typeof ProductService>
  payments: Client<typeof PaymentService>
  metrics: OrderMetrics
  log: Logger
  /** How long a call waits for the order's flow before it answers with the order so far, in ms. */
  inlineBudgetMs: number
}

/** Begins the flow of an order and waits for it as long as a call may. A flow that cannot begin now is begun by the sweep. */
export async function runFlow({ engine, inlineBudgetMs, log }: OrderDeps, order: OrderRow): Promise<void> {
  try {
    await engine.wake(order.workflow_id, flowInput(order.id))
  } catch (error) {
    log.warn({ err: error, order_id: order.id }, 'a flow could not begin')
    return
  }
  await engine.wait(order.workflow_id, inlineBudgetMs)
}

/** What a flow begins with: the order, and the trace that it belongs to. */
function flowInput(orderId: string): FlowInput {
  const trace: Record<string, string> = {}
  propagation.inject(activeContext.active(), trace)
  return { orderId, trace }
}

/** Whose orders the caller may touch; undefined: everybody's. */
export function ownerFilter(context: HandlerContext): string | undefined {
  const caller = callerOf(context)
  return actsForOthers(caller) ? undefined : caller.subject
}

/** Tells the caller that nothing was done now: the answer is that of an earlier request with the same key. */
export function markReplayed(context: HandlerContext): void {
  context.responseHeader.set('idempotency-replayed', 'true')
}
