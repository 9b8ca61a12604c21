import type { HandlerContext } from '@connectrpc/connect'
import type { BackendFactory } from '../../../backends/shared/backend.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { startBackend, type Test } from '../helper.ts'

/** The rpcs of the stand-in; what a test does not give is answered with an empty message. */
export interface EchoHandlers {
  /** Any signed-in user may call it. */
  getOrder?: (context: HandlerContext) => Promise<{ id?: string }>
  /** As `getOrder`; a stream. */
  watchOrder?: (context: HandlerContext) => AsyncIterable<{ seq?: bigint }>
  /** Only services may call it. */
  batchGetStock?: (context: HandlerContext) => Promise<object>
  ready?: () => Promise<boolean>
}

/** A service without a database: real rpcs of the shop's protos, with handlers of the test. */
export function startEcho(t: Test, handlers: EchoHandlers = {}, port = 0) {
  const factory: BackendFactory = async () => ({
    services: [OrderService, InventoryService],
    routes: router =>
      router
        .service(OrderService, {
          getOrder: (_request, context) => handlers.getOrder?.(context) ?? {},
          watchOrder: (_request, context) => handlers.watchOrder?.(context) ?? nothing(),
          createOrder: () => ({}),
          refundOrder: () => ({}),
          shipOrder: () => ({})
        })
        .service(InventoryService, { batchGetStock: (_request, context) => handlers.batchGetStock?.(context) ?? {} }),
    ready: handlers.ready ?? (async () => true),
    close: async () => {}
  })
  return startBackend(t, factory, { databaseUrl: 'postgres://none', port })
}

async function* nothing() {}
