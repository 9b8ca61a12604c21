import type { Test } from 'tap'
import type { OrderStatusName } from '../../../backends/order/schema.ts'
import { edges } from '../../../backends/order/status.ts'
import type { Shop } from './shop.ts'

/** Makes tests that end with a look at the invariants, and with an undisturbed wire. */
export function scenariosOf(t: Test, shop: Shop) {
  return (name: string, run: (t: Test) => Promise<void>) =>
    t.test(name, async t => {
      try {
        await run(t)
      } finally {
        shop.wire.before = undefined
        shop.wire.after = undefined
      }
      t.strictSame(await brokenInvariants(shop), [], 'money, stock and records add up')
    })
}

/**
 * What must hold in the three databases together whenever nothing is going on. Answers what does not, in words; an empty
 * list is a shop in order.
 */
export async function brokenInvariants(shop: Shop): Promise<string[]> {
  const [orders, reservations, payments] = await Promise.all([
    shop.query<OrderFacts>('orders', ordersQuery),
    shop.query<{ order_id: string; status: string }>('inventory', 'SELECT order_id, status FROM reservations'),
    shop.query<PaymentFacts>('payments', paymentsQuery)
  ])
  const reservationOf = new Map(reservations.map(row => [row.order_id, row.status]))
  const paymentOf = new Map(payments.map(row => [row.order_id, row]))
  return [
    ...(await stockInBounds(shop)),
    ...orders.flatMap(order => moneyAddsUp(order, paymentOf.get(order.id))),
    ...(await totalsAddUp(shop)),
    ...orders.flatMap(order => oneCurrency(order, paymentOf.get(order.id))),
    ...(await eventsTellTheStatus(shop)),
    ...orders.flatMap(order => reservationFits(order, reservationOf.get(order.id))),
    ...(await onePerRequest(shop)),
    ...ownedByOrders(orders, reservations, payments)
  ]
}

interface OrderFacts {
  id: string
  status: OrderStatusName
  currency_code: string
  total: number
  refunded: number
}

interface PaymentFacts {
  order_id: string
  held: number
  ledger: number
  book: number
  captures: number
  currencies: string[]
}

const ordersQuery = `SELECT id, status, currency_code, total_minor::float8 AS total, refunded_minor::float8 AS refunded FROM orders`

const paymentsQuery = `
  SELECT p.order_id,
    sum(p.captured_minor - p.refunded_minor)::float8 AS held,
    coalesce(sum(l.held), 0)::float8 AS ledger,
    coalesce(sum(b.held), 0)::float8 AS book,
    count(*) FILTER (WHERE p.captured_minor > 0)::int AS captures,
    array_agg(DISTINCT p.currency_code::text) || coalesce(array_agg(l.currency) FILTER (WHERE l.currency IS NOT NULL), '{}')
      AS currencies
  FROM payments p
  LEFT JOIN LATERAL (
    SELECT sum(CASE kind WHEN 'capture' THEN amount_minor ELSE -amount_minor END) AS held, min(currency_code::text) AS currency
    FROM payment_ledger WHERE payment_id = p.id) l ON true
  LEFT JOIN LATERAL (
    SELECT sum(CASE outcome WHEN 'captured' THEN amount_minor WHEN 'refunded' THEN -amount_minor ELSE 0 END) AS held
    FROM simulator_book
    WHERE key = p.id::text OR key IN (SELECT id::text FROM refunds WHERE payment_id = p.id)) b ON true
  GROUP BY p.order_id`

/** I1: nobody is promised what is not there; and the movements tell how it came about. */
async function stockInBounds(shop: Shop): Promise<string[]> {
  const rows = await shop.query<{ product_id: string }>(
    'inventory',
    `SELECT s.product_id FROM stock s WHERE NOT (s.on_hand >= s.reserved AND s.reserved >= 0)
       OR s.reserved <> (SELECT coalesce(sum(i.quantity), 0) FROM reservation_items i JOIN reservations r USING (order_id)
                         WHERE r.status = 'reserved' AND i.product_id = s.product_id)
       OR (s.on_hand, s.reserved) <> (SELECT coalesce(sum(delta_on_hand), 0), coalesce(sum(delta_reserved), 0)
                         FROM stock_movements m WHERE m.product_id = s.product_id)`
  )
  return rows.map(row => `I1: the stock of ${row.product_id} does not add up`)
}

const keepsMoney: ReadonlySet<OrderStatusName> = new Set(['paid', 'confirmed', 'shipped', 'delivered', 'refunded'])

/** I5: what is held for an order is what it costs, or nothing; the ledger and the provider's own book agree. */
function moneyAddsUp(order: OrderFacts, payment: PaymentFacts | undefined): string[] {
  const due = keepsMoney.has(order.status) ? order.total - order.refunded : 0
  const { held = 0, ledger = 0, book = 0 } = payment ?? {}
  if (held === due && ledger === due && book === due) return []
  return [`I5: ${order.status} order ${order.id} should hold ${due}, but holds ${held}, ledger ${ledger}, book ${book}`]
}

/** I8: the total is the sum of the lines. */
async function totalsAddUp(shop: Shop): Promise<string[]> {
  const rows = await shop.query<{ id: string }>(
    'orders',
    `SELECT id FROM orders o WHERE total_minor IS DISTINCT FROM
       (SELECT sum(subtotal_minor) FROM order_items i WHERE i.order_id = o.id)`
  )
  return rows.map(row => `I8: the lines of ${row.id} do not add up`)
}

/** I8: order, payments and ledger are in one currency. */
function oneCurrency(order: OrderFacts, payment: PaymentFacts | undefined): string[] {
  const others = (payment?.currencies ?? []).filter(currency => currency !== order.currency_code)
  return others.length === 0 ? [] : [`I8: order ${order.id} in ${order.currency_code} was paid in ${others}`]
}

/** I9: the events have no gap, follow the allowed edges, and end at the order's status. */
async function eventsTellTheStatus(shop: Shop): Promise<string[]> {
  const rows = await shop.query<{
    id: string
    status: OrderStatusName
    event_seq: string
    events: { seq: number; from: OrderStatusName | null; to: OrderStatusName }[] | null
  }>(
    'orders',
    `SELECT o.id, o.status, o.event_seq, json_agg(json_build_object('seq', e.seq, 'from', e.from_status, 'to', e.to_status)
       ORDER BY e.seq) AS events
     FROM orders o LEFT JOIN order_events e ON e.order_id = o.id GROUP BY o.id`
  )
  return rows.flatMap(({ id, status, event_seq, events }) => {
    const list = events ?? []
    const sound = list.every(({ seq, from, to }, index) => {
      const before = list[index - 1]?.to ?? null
      return seq === index + 1 && from === before && (from === null ? to === 'pending' : edges[from].includes(to))
    })
    if (sound && list.at(-1)?.to === status && Number(event_seq) === list.length) return []
    return [`I9: ${status} order ${id} has the events ${JSON.stringify(list)}`]
  })
}

const fittingReservations: Partial<Record<OrderStatusName, readonly string[]>> = {
  awaiting_payment: ['reserved'],
  confirmed: ['confirmed'],
  shipped: ['confirmed'],
  delivered: ['confirmed'],
  refunded: ['confirmed', 'returned'],
  cancelled: ['released', 'expired', 'returned', 'none'],
  failed: ['released', 'expired', 'returned', 'none']
}

/** I10: the reservation is what the order's status says; no order is left on its way. */
function reservationFits(order: OrderFacts, reservation = 'none'): string[] {
  if (fittingReservations[order.status]?.includes(reservation)) return []
  return [`I10: ${order.status} order ${order.id} has a reservation that is ${reservation}`]
}

/** I11: a request made one order, and an order took the money once. */
async function onePerRequest(shop: Shop): Promise<string[]> {
  const twice = await shop.query<{ request_id: string }>(
    'orders',
    'SELECT request_id FROM orders WHERE request_id IS NOT NULL GROUP BY user_id, request_id HAVING count(*) > 1'
  )
  const captured = await shop.query<{ order_id: string }>(
    'payments',
    'SELECT order_id FROM payments WHERE captured_minor > refunded_minor GROUP BY order_id HAVING count(*) > 1'
  )
  return [
    ...twice.map(row => `I11: request ${row.request_id} made several orders`),
    ...captured.map(row => `I11: order ${row.order_id} was paid several times`)
  ]
}

/** No stock and no money is held for an order that does not exist. */
function ownedByOrders(
  orders: readonly OrderFacts[],
  reservations: readonly { order_id: string }[],
  payments: readonly { order_id: string }[]
): string[] {
  const known = new Set(orders.map(order => order.id))
  const strays = [...reservations, ...payments].filter(row => !known.has(row.order_id))
  return strays.map(row => `order ${row.order_id} does not exist, but something is held for it`)
}
