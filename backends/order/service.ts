import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { sql } from 'kysely'
import { InventoryService } from '../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../../gen/shop/order/v1/order_pb.ts'
import { PaymentService } from '../../gen/shop/payment/v1/payment_pb.ts'
import { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import type { Backend, BackendDependencies } from '../shared/backend.ts'
import { createServiceClient } from '../shared/clients.ts'
import { openDatabase } from '../shared/database.ts'
import type { Tokens } from '../shared/identity.ts'
import { type ServiceSettings, SettingsError } from '../shared/settings.ts'
import { inSpan } from '../shared/telemetry.ts'
import { cancelOrder } from './cancel-order.ts'
import { type ChangesOptions, createOrderChanges } from './changes.ts'
import { createOrder } from './create-order.ts'
import type { OrderDeps } from './deps.ts'
import { type Flow, openEngine, runStep } from './engine.ts'
import { createOrderFlow } from './flow.ts'
import { deliverOrder, retryOrder, shipOrder } from './fulfil-order.ts'
import { createOrderMetrics } from './metrics.ts'
import { orderMigrations } from './migrations.ts'
import { createOrderSteps } from './order-steps.ts'
import { payOrder } from './pay-order.ts'
import { createPaymentSteps } from './payment-steps.ts'
import { createReadRpcs } from './read-rpcs.ts'
import { refundOrder } from './refund-order.ts'
import { createRefundSteps } from './refund-steps.ts'
import { createRepeater, type RepeatOptions } from './repeat.ts'
import type { Db, OrderSchema } from './schema.ts'
import type { FlowOptions } from './step-kit.ts'
import { createStockSteps } from './stock-steps.ts'
import { type SweepOptions, startSweep } from './sweep.ts'
import { createWatchRpc, type WatchOptions } from './watch-order.ts'

/** What a deployment leaves at its defaults. */
export interface OrderOptions {
  flow?: FlowOptions
  repeat?: RepeatOptions
  sweep?: SweepOptions
  watch?: WatchOptions & ChangesOptions
  /** How long a call waits for the order's flow before it answers with the order so far, in ms. Default 3000. */
  inlineBudgetMs?: number
}

/** Orders and the flow that fulfils them, on a database of their own. One per process: the engine of the flow is. */
export async function createOrderService(
  settings: ServiceSettings,
  { log, pager, tokens }: BackendDependencies,
  options: OrderOptions = {}
): Promise<Backend> {
  const peers = connectPeers(settings, tokens)
  const db = await openDatabase<OrderSchema>({ url: settings.databaseUrl, migrations: orderMigrations })
  const metrics = createOrderMetrics()
  const repeater = createRepeater(options.repeat)
  const stepDeps = { db, ...peers, repeater, metrics, log }
  const steps = {
    ...createOrderSteps(stepDeps),
    ...createStockSteps(stepDeps, options.flow),
    ...createPaymentSteps(stepDeps, options.flow),
    ...createRefundSteps(stepDeps)
  }
  const flow = traced(createOrderFlow(steps, runStep))
  const engine = await openEngine(flow, { databaseUrl: settings.databaseUrl, log }).catch(async error => {
    await closeAll(peers, db)
    throw error
  })
  const sweep = await startSweep({ db, engine, metrics, log }, options.sweep)
  const changes = createOrderChanges({ db, databaseUrl: settings.databaseUrl, log }, options.watch)
  const deps: OrderDeps = { db, engine, ...peers, metrics, log, inlineBudgetMs: options.inlineBudgetMs ?? 3000 }

  return {
    services: [OrderService],
    routes: router =>
      router.service(OrderService, {
        ...createReadRpcs(db, pager),
        ...createWatchRpc({ db, changes }, options.watch),
        createOrder: (request, context) => createOrder(deps, request, context),
        payOrder: (request, context) => payOrder(deps, request, context),
        cancelOrder: (request, context) => cancelOrder(deps, request, context),
        shipOrder: (request, context) => shipOrder(deps, request, context),
        deliverOrder: (request, context) => deliverOrder(deps, request, context),
        refundOrder: (request, context) => refundOrder(deps, request, context),
        retryOrder: request => retryOrder(deps, request)
      }),
    async ready() {
      await sql`SELECT 1`.execute(db)
      return true
    },
    async close() {
      // Repeating ends first, so that a flow that cannot go on now does not hold the rest up.
      repeater.close()
      await changes.close()
      await sweep.close()
      await engine.close()
      await closeAll(peers, db)
    }
  }
}

async function closeAll(peers: ReturnType<typeof connectPeers>, db: Db): Promise<void> {
  for (const client of Object.values(peers)) client[Symbol.dispose]()
  await db.destroy()
}

/** One trace per order: the flow joins that of the request which began it, also after a crash. */
function traced(drive: (orderId: string) => Promise<void>): Flow {
  return async ({ orderId, trace }) => {
    const parent = propagation.extract(ROOT_CONTEXT, trace)
    await context.with(parent, () => inSpan('saga.order.execute', { 'order.id': orderId }, () => drive(orderId)))
  }
}

function connectPeers(settings: ServiceSettings, tokens: Tokens) {
  const { productUrl, inventoryUrl, paymentUrl, allowLoopback = false } = settings
  if (!productUrl || !inventoryUrl || !paymentUrl) {
    throw new SettingsError('the order service needs the URLs of the product, inventory and payment services')
  }
  const how = { tokens, as: 'order-service', allowLoopback }
  return {
    products: createServiceClient(ProductService, { target: productUrl, ...how }),
    inventory: createServiceClient(InventoryService, { target: inventoryUrl, ...how }),
    payments: createServiceClient(PaymentService, { target: paymentUrl, ...how })
  }
}
