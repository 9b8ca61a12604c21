import { Code } from '@connectrpc/connect'
import { type Selectable, sql } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { ReservationStatusName, ReservationTable } from './schema.ts'
import { type Db, insufficientStock, type Line, lockStock, move, stockNotFound, type Tx } from './stock.ts'

/** A reservation with its lines, ordered by product. */
export interface ReservationRow extends Selectable<ReservationTable> {
  items: Line[]
}

/** What to set aside. */
export interface NewReservation {
  orderId: string
  /** Each product once. */
  lines: Line[]
  hash: Buffer
  ttlSeconds: number
}

const actor = 'order-service'

/**
 * Sets stock aside for an order: all lines or none. Repeating it with the same lines answers with the reservation.
 *
 * @throws NOT_FOUND STOCK_NOT_FOUND; FAILED_PRECONDITION INSUFFICIENT_STOCK, or RESERVATION_CLOSED when the order's
 *   reservation is over (a tombstone included); INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED with other lines
 */
export function reserve(db: Db, { orderId, lines, hash, ttlSeconds }: NewReservation): Promise<ReservationRow> {
  return db.transaction().execute(async tx => {
    // The row is the lock of the order: a second call waits here for the first, and then finds its outcome.
    const inserted = await tx
      .insertInto('reservations')
      .values({
        order_id: orderId,
        status: 'reserved',
        expires_at: fromNow(ttlSeconds),
        request_hash: hash,
        closed_at: null
      })
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows === 0n) return repeatReserve(tx, orderId, hash)

    const stock = await lockStock(
      tx,
      lines.map(line => line.product_id)
    )
    for (const { product_id, quantity } of lines) {
      const row = stock.get(product_id)
      if (row === undefined) throw stockNotFound(product_id)
      if (row.available < quantity) throw insufficientStock(product_id, quantity, row.available)
    }
    await tx
      .insertInto('reservation_items')
      .values(lines.map(line => ({ order_id: orderId, ...line })))
      .execute()
    for (const { product_id, quantity } of lines) {
      await move(tx, { kind: 'reserve', productId: product_id, onHand: 0, reserved: quantity, orderId, actor })
    }
    return lockReservation(tx, orderId)
  })
}

async function repeatReserve(tx: Tx, orderId: string, hash: Buffer): Promise<ReservationRow> {
  const reservation = await lockReservation(tx, orderId)
  if (reservation.request_hash !== null && !reservation.request_hash.equals(hash)) {
    throw failure(Code.InvalidArgument, 'IDEMPOTENCY_KEY_REUSED', 'the order has a reservation with other lines')
  }
  if (reservation.status !== 'reserved') throw reservationClosed(reservation.status)
  return reservation
}

/**
 * Gives a reservation more time, counted from now; never less than it has.
 *
 * @throws FAILED_PRECONDITION RESERVATION_EXPIRED, RESERVATION_CLOSED
 */
export function extend(db: Db, orderId: string, ttlSeconds: number): Promise<ReservationRow> {
  return db.transaction().execute(async tx => {
    const reservation = await lockReservation(tx, orderId)
    if (reservation.status === 'expired') throw reservationExpired()
    if (reservation.status !== 'reserved') throw reservationClosed(reservation.status)
    await tx
      .updateTable('reservations')
      .set({ expires_at: sql<Date>`greatest(expires_at, ${fromNow(ttlSeconds)})` })
      .where('order_id', '=', orderId)
      .execute()
    return lockReservation(tx, orderId)
  })
}

/**
 * Turns a reservation into a sale. One that expired is taken again in the same transaction, while there is stock.
 *
 * @throws FAILED_PRECONDITION RESERVATION_EXPIRED when it expired and the stock is gone, RESERVATION_CLOSED
 */
export function confirm(db: Db, orderId: string): Promise<ReservationRow> {
  return db.transaction().execute(async tx => {
    const reservation = await lockReservation(tx, orderId)
    const { status, items } = reservation
    if (status === 'confirmed') return reservation
    if (status !== 'reserved' && status !== 'expired') throw reservationClosed(status)
    const stock = await lockStock(
      tx,
      items.map(line => line.product_id)
    )
    const held = status === 'reserved'
    for (const { product_id, quantity } of items) {
      if (!held && stock.get(product_id)!.available < quantity) throw reservationExpired()
      const reserved = held ? -quantity : 0
      await move(tx, { kind: 'confirm', productId: product_id, onHand: -quantity, reserved, orderId, actor })
    }
    return close(tx, orderId, 'confirmed')
  })
}

/**
 * Gives reserved stock back. For an order without a reservation it leaves a tombstone, so that a reservation that is still
 * on its way is refused when it arrives.
 *
 * @throws FAILED_PRECONDITION RESERVATION_CLOSED when it was sold
 */
export function release(db: Db, orderId: string, reason: string): Promise<ReservationRow> {
  return db.transaction().execute(async tx => {
    await tx
      .insertInto('reservations')
      .values({
        order_id: orderId,
        status: 'released',
        expires_at: fromNow(0),
        request_hash: null,
        closed_at: fromNow(0)
      })
      .onConflict(conflict => conflict.doNothing())
      .execute()
    const reservation = await lockReservation(tx, orderId)
    if (reservation.status === 'released' || reservation.status === 'expired') return reservation
    if (reservation.status !== 'reserved') throw reservationClosed(reservation.status)
    await giveBack(tx, reservation, 'release', actor, reason)
    return close(tx, orderId, 'released')
  })
}

/**
 * Puts sold stock back on the shelf.
 *
 * @throws FAILED_PRECONDITION RESERVATION_CLOSED when it was not sold
 */
export function returnStock(db: Db, orderId: string): Promise<ReservationRow> {
  return db.transaction().execute(async tx => {
    const reservation = await lockReservation(tx, orderId)
    if (reservation.status === 'returned') return reservation
    if (reservation.status !== 'confirmed') throw reservationClosed(reservation.status)
    await lockStock(
      tx,
      reservation.items.map(line => line.product_id)
    )
    for (const { product_id, quantity } of reservation.items) {
      await move(tx, { kind: 'return', productId: product_id, onHand: quantity, reserved: 0, orderId, actor })
    }
    return close(tx, orderId, 'returned')
  })
}

/** Ends one reservation whose time is over, and gives its stock back. False when none is due. */
export function expireOne(db: Db): Promise<boolean> {
  return db.transaction().execute(async tx => {
    // What somebody else works on right now is either closed by them or due again in a moment.
    const due = await tx
      .selectFrom('reservations')
      .select('order_id')
      .where('status', '=', 'reserved')
      .where('expires_at', '<=', sql<Date>`now()`)
      .orderBy('expires_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (due === undefined) return false
    const reservation = await lockReservation(tx, due.order_id)
    await giveBack(tx, reservation, 'expire', 'inventory-service', 'its time was over')
    await close(tx, due.order_id, 'expired')
    return true
  })
}

async function giveBack(
  tx: Tx,
  { order_id, items }: ReservationRow,
  kind: 'release' | 'expire',
  by: string,
  note: string
) {
  await lockStock(
    tx,
    items.map(line => line.product_id)
  )
  for (const { product_id, quantity } of items) {
    await move(tx, { kind, productId: product_id, onHand: 0, reserved: -quantity, orderId: order_id, actor: by, note })
  }
}

async function close(tx: Tx, orderId: string, status: ReservationStatusName): Promise<ReservationRow> {
  await tx
    .updateTable('reservations')
    .set({ status, closed_at: sql<Date>`coalesce(closed_at, now())` })
    .where('order_id', '=', orderId)
    .execute()
  return lockReservation(tx, orderId)
}

/** @throws FAILED_PRECONDITION RESERVATION_CLOSED when the order never had one */
async function lockReservation(tx: Tx, orderId: string): Promise<ReservationRow> {
  const row = await tx
    .selectFrom('reservations')
    .selectAll()
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw reservationClosed('none')
  const items = await tx
    .selectFrom('reservation_items')
    .select(['product_id', 'quantity'])
    .where('order_id', '=', orderId)
    .orderBy('product_id')
    .execute()
  return { ...row, items }
}

/** By the database's clock, the only one that all processes share. */
function fromNow(seconds: number) {
  return sql<Date>`now() + ${seconds} * interval '1 second'`
}

function reservationClosed(status: string) {
  return failure(Code.FailedPrecondition, 'RESERVATION_CLOSED', 'reservation is closed', { metadata: { status } })
}

function reservationExpired() {
  return failure(Code.FailedPrecondition, 'RESERVATION_EXPIRED', 'reservation has expired')
}
