import { Code, ConnectError } from '@connectrpc/connect'
import { eventually } from '../eventually.ts'
import type { DatabaseName, Shop, WireRequest } from './shop.ts'

/** A call of an order's flow at which the order is held: before it is handled, or handled but not answered. */
export interface KillPoint {
  rpc: string
  when: 'before' | 'after'
}

/**
 * Holds orders at calls to other services. An order is told by its product, which no other order has.
 */
export function holdAtCalls(shop: Shop, points: ReadonlyMap<string, KillPoint>) {
  const coming = new Set(points.keys())
  const released = Promise.withResolvers<void>()
  const everyoneHeld = Promise.withResolvers<void>()
  let open = false

  async function hold(when: KillPoint['when'], rpc: string, request: WireRequest) {
    const productId = request.productIds?.[0] ?? (await productOf(shop, orderOf(request)))
    const point = productId === undefined ? undefined : points.get(productId)
    if (open || point?.rpc !== rpc || point.when !== when) return
    coming.delete(productId!)
    if (coming.size === 0) everyoneHeld.resolve()
    await released.promise
    if (when === 'before') throw new ConnectError('the request was lost', Code.Unavailable)
  }

  shop.wire.before = (rpc, request) => hold('before', rpc, request)
  shop.wire.after = (rpc, request) => hold('after', rpc, request)
  return {
    /** Settles when every order stands at its point; a call that is repeated there is held as well. */
    everyoneHeld: everyoneHeld.promise,
    /** Lets go; from now on every call passes. */
    release() {
      open = true
      released.resolve()
    },
    /** Lets the calls of others pass: only those that are held now stay so. */
    letOthersPass() {
      open = true
    }
  }
}

/** A refund names a payment, but its key begins with the order. */
function orderOf({ orderId, requestId }: WireRequest): string | undefined {
  return orderId ?? requestId?.split(':')[0]
}

async function productOf(shop: Shop, orderId: string | undefined): Promise<string | undefined> {
  if (orderId === undefined) return undefined
  const rows = await shop.query<{ product_id: string }>(
    'orders',
    'SELECT product_id FROM order_items WHERE order_id = $1',
    [orderId]
  )
  return rows[0]?.product_id
}

/** A table that nobody can write to, though everybody can read it. */
export interface ReadOnlyTable {
  /** Settles when so many writers, or more, stand before the table. */
  writersWait(count: number): Promise<void>
  /** Ends the sessions that wait for the table: their writes never happen. Then lets others write. */
  dropWriters(): Promise<void>
  /** Lets everybody write, those who wait first. */
  release(): Promise<void>
}

export async function makeReadOnly(shop: Shop, database: DatabaseName, table: string): Promise<ReadOnlyTable> {
  const client = await shop.pool(database).connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN SHARE MODE`)
  const waiters = `FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND relation = '${table}'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

  async function release() {
    await client.query('COMMIT')
    client.release()
  }

  return {
    release,
    async writersWait(count) {
      await eventually(async () => ((await client.query(`SELECT 1 ${waiters}`)).rowCount ?? 0) >= count)
    },
    async dropWriters() {
      await client.query(`SELECT pg_terminate_backend(pid) ${waiters}`)
      await release()
    }
  }
}
