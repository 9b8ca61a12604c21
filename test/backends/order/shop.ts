import type { DescService } from '@bufbuild/protobuf'
import type { ConnectRouter } from '@connectrpc/connect'
import pg from 'pg'
import { createInventoryService } from '../../../backends/inventory/service.ts'
import { createOrderService, type OrderOptions } from '../../../backends/order/service.ts'
import { createPaymentService, type PaymentOptions } from '../../../backends/payment/service.ts'
import { createProductService } from '../../../backends/product/service.ts'
import type { BackendFactory } from '../../../backends/shared/backend.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentMethod, PaymentService } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { startBackend, startPostgres, type Test } from '../helper.ts'

/** What the calls on the wire have in common, as far as tests look at it. */
export interface WireRequest {
  orderId?: string
  requestId?: string
  productIds?: string[]
}

/** Stands in the way of every call to the product, inventory and payment services: throwing loses the call or its answer. */
export interface Wire {
  /** Before the call is handled: nothing is done yet. */
  before?: ((rpc: string, request: WireRequest) => unknown) | undefined
  /** After it was handled, before it is answered: everything is done. */
  after?: ((rpc: string, request: WireRequest) => unknown) | undefined
}

export type DatabaseName = 'products' | 'inventory' | 'payments' | 'orders' | 'orders_dbos_sys'

export type Shop = Awaited<ReturnType<typeof startShop>>

/**
 * The services around orders, real and in this process, on databases of their own, with the order service itself unless
 * `withOrders` says otherwise.
 */
export async function startShop(
  t: Test,
  options: { order?: OrderOptions; payment?: PaymentOptions; withOrders?: boolean } = {}
) {
  const wire: Wire = {}
  const postgres = await startPostgres(t)
  const prefix = newId().slice(-12)
  const databaseUrl = (name: DatabaseName) => postgres.url(`${prefix}_${name}`)
  const pools = new Map<DatabaseName, pg.Pool>()
  t.teardown(() => Promise.all([...pools.values()].map(pool => pool.end())))

  const start = (factory: BackendFactory, name: DatabaseName) =>
    startBackend(t, onWire(factory, wire), { databaseUrl: databaseUrl(name) })
  const [product, inventory, payment] = await Promise.all([
    start(createProductService, 'products'),
    start(createInventoryService, 'inventory'),
    start((settings, deps) => createPaymentService(settings, deps, options.payment), 'payments')
  ])
  const peers = { productUrl: product.url, inventoryUrl: inventory.url, paymentUrl: payment.url }

  /** Starts the order service; at most one at a time. */
  async function startOrders(orderOptions: OrderOptions = options.order ?? {}) {
    const factory: BackendFactory = (settings, deps) => createOrderService(settings, deps, orderOptions)
    return await startBackend(t, factory, { databaseUrl: databaseUrl('orders'), ...peers })
  }

  function pool(name: DatabaseName): pg.Pool {
    const known = pools.get(name)
    if (known) return known
    const made = new pg.Pool({ connectionString: databaseUrl(name), max: 4 })
    // The server may say farewell on a connection that is already being closed.
    made.on('error', () => {})
    pools.set(name, made)
    return made
  }

  return {
    wire,
    databaseUrl,
    pool,
    peers,
    inventory,
    payment,
    startOrders,
    orders: options.withOrders === false ? null : await startOrders(),

    async query<Row = Record<string, unknown>>(
      name: DatabaseName,
      text: string,
      values: unknown[] = []
    ): Promise<Row[]> {
      return (await pool(name).query(text, values)).rows
    },

    /** Puts a product on sale; answers its id. */
    async addProduct(product: { onHand?: number; priceMinor?: number; currency?: string; status?: string } = {}) {
      const { onHand = 1000, priceMinor = 1999, currency = 'USD', status = 'active' } = product
      const id = newId()
      const sku = `SKU-${id.slice(-12).toUpperCase()}`
      await pool('products').query(
        `INSERT INTO products (id, sku, name, category, price_minor, currency_code, status)
         VALUES ($1, $2, 'a thing', 'things', $3, $4, $5)`,
        [id, sku, priceMinor, currency, status]
      )
      await pool('inventory').query('INSERT INTO stock (product_id, sku, on_hand) VALUES ($1, $2, $3)', [
        id,
        sku,
        onHand
      ])
      await pool('inventory').query(
        `INSERT INTO stock_movements (product_id, kind, delta_on_hand, delta_reserved, actor)
         VALUES ($1, 'adjust', $2, 0, 'test')`,
        [id, onHand]
      )
      return id
    }
  }
}

/** Clients of a customer of a running order service; `orderOf` makes what is needed to order. */
export async function customerOf(
  orders: NonNullable<Shop['orders']>,
  payment: Shop['payment'],
  { userId = newId(), roles = ['customer'] }: { userId?: string; roles?: string[] } = {}
) {
  const token = await orders.userToken(userId, roles)
  return { userId, orders: orders.client(OrderService, token), payments: payment.client(PaymentService, token) }
}

/** A request for some of one product. */
export function orderOf(
  productId: string,
  change: { quantity?: number; paymentToken?: string; requestId?: string } = {}
) {
  const { quantity = 1, ...rest } = change
  return { items: [{ productId, quantity }], paymentMethod: PaymentMethod.CREDIT_CARD, ...rest }
}

function onWire(factory: BackendFactory, wire: Wire): BackendFactory {
  return async (settings, deps) => {
    const backend = await factory(settings, deps)
    return { ...backend, routes: router => backend.routes(wiredRouter(router, wire)) }
  }
}

type Handler = (request: WireRequest, context: unknown) => unknown

function wiredRouter(router: ConnectRouter, wire: Wire): ConnectRouter {
  function service<Service extends DescService>(
    desc: Service,
    implementation: Record<string, Handler>,
    ...rest: unknown[]
  ) {
    const wired: Record<string, Handler> = {}
    for (const [rpc, handler] of Object.entries(implementation)) {
      wired[rpc] = async (request, context) => {
        await wire.before?.(rpc, request)
        const answer = await handler(request, context)
        await wire.after?.(rpc, request)
        return answer
      }
    }
    router.service(desc, wired as never, ...(rest as []))
    return router
  }
  return { ...router, service } as unknown as ConnectRouter
}
