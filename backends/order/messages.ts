import { create } from '@bufbuild/protobuf'
import { type Money, MoneySchema } from '../../gen/shop/common/v1/money_pb.ts'
import {
  type Order,
  type OrderEvent,
  OrderEventSchema,
  type OrderItem,
  OrderItemSchema,
  OrderSchema,
  OrderStatusSchema
} from '../../gen/shop/order/v1/order_pb.ts'
import { PaymentMethodSchema } from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { formatEtag } from '../shared/etag.ts'
import { toTimestamp } from '../shared/time.ts'
import type { OrderEventRow, OrderItemRow } from './schema.ts'
import type { OrderWithItems } from './store.ts'

/** An order as the callers see it. */
export function toOrder({ order, items }: OrderWithItems): Order {
  return create(OrderSchema, {
    id: order.id,
    userId: order.user_id,
    status: enumNumber(OrderStatusSchema, order.status),
    items: items.map(item => toItem(item, order.currency_code)),
    totalAmount: toMoney(order.currency_code, order.total_minor),
    refundedAmount: toMoney(order.currency_code, order.refunded_minor),
    paymentMethod: enumNumber(PaymentMethodSchema, order.payment_method),
    paymentId: order.payment_id ?? '',
    failureReason: order.failure_reason ?? '',
    ...(order.expires_at === null ? {} : { expiresAt: toTimestamp(order.expires_at) }),
    createdAt: toTimestamp(order.created_at),
    updatedAt: toTimestamp(order.updated_at),
    etag: formatEtag(order.version)
  })
}

function toItem(row: OrderItemRow, currencyCode: string): OrderItem {
  return create(OrderItemSchema, {
    productId: row.product_id,
    sku: row.sku,
    name: row.name,
    price: toMoney(currencyCode, row.unit_price_minor),
    quantity: row.quantity,
    subtotal: toMoney(currencyCode, row.subtotal_minor)
  })
}

export function toEvent(row: OrderEventRow): OrderEvent {
  return create(OrderEventSchema, {
    orderId: row.order_id,
    seq: row.seq,
    ...(row.from_status === null ? {} : { fromStatus: enumNumber(OrderStatusSchema, row.from_status) }),
    status: enumNumber(OrderStatusSchema, row.to_status),
    reason: row.reason ?? '',
    at: toTimestamp(row.at)
  })
}

export function toMoney(currencyCode: string, amountMinor: bigint): Money {
  return create(MoneySchema, { currencyCode, amountMinor })
}
