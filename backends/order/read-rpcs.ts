import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { Code, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import {
  type ListAllOrdersRequest,
  ListOrderEventsResponseSchema,
  type ListOrdersRequest,
  type ListOrdersResponse,
  ListOrdersResponseSchema,
  type OrderService,
  OrderStatusSchema
} from '../../gen/shop/order/v1/order_pb.ts'
import { enumName } from '../shared/enum-names.ts'
import { callerOf } from '../shared/identity.ts'
import type { Pager } from '../shared/paging.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { ownerFilter } from './deps.ts'
import { toEvent, toOrder } from './messages.ts'
import type { Db, OrderStatusName } from './schema.ts'
import { countOrders, eventsOf, itemsOf, listOrders, requireOrder, withItems } from './store.ts'

type ReadRpcs = Pick<ServiceImpl<typeof OrderService>, 'getOrder' | 'listOrders' | 'listAllOrders' | 'listOrderEvents'>

/** The rpcs that show orders: to users their own, to operators and services all. */
export function createReadRpcs(db: Db, pager: Pager): ReadRpcs {
  return {
    async getOrder({ orderId }, context) {
      return await inSpan('order.get_by_id', { 'order.id': orderId }, async () => {
        return toOrder(await withItems(db, await requireOrder(db, orderId, ownerFilter(context))))
      })
    },

    async listOrders(request, context) {
      return await list(request, callingUser(context))
    },

    async listAllOrders(request) {
      return await list(request, request.userId)
    },

    async listOrderEvents({ orderId }, context) {
      await requireOrder(db, orderId, ownerFilter(context))
      return create(ListOrderEventsResponseSchema, { events: (await eventsOf(db, orderId)).map(toEvent) })
    }
  }

  async function list(
    request: ListOrdersRequest | ListAllOrdersRequest,
    userId: string | undefined
  ): Promise<ListOrdersResponse> {
    const filter = {
      userId,
      status: enumName<OrderStatusName>(OrderStatusSchema, request.status) ?? undefined,
      createdAfter: request.createdAfter && timestampDate(request.createdAfter),
      createdBefore: request.createdBefore && timestampDate(request.createdBefore)
    }
    const page = pager.read(request, filter)
    const [rows, totalSize] = await Promise.all([listOrders(db, filter, page), countOrders(db, filter)])
    const shown = rows.slice(0, page.pageSize)
    const last = rows.length > shown.length ? shown.at(-1) : undefined
    const items = Map.groupBy(
      await itemsOf(
        db,
        shown.map(row => row.id)
      ),
      item => item.order_id
    )
    return create(ListOrdersResponseSchema, {
      orders: shown.map(order => toOrder({ order, items: items.get(order.id) ?? [] })),
      page: page.page,
      pageSize: page.pageSize,
      totalSize,
      nextPageToken: last ? pager.token([last.cursor_at, last.id], filter) : ''
    })
  }
}

/** @throws PERMISSION_DENIED ROLE_REQUIRED for a service: it has no orders of its own */
function callingUser(context: HandlerContext): string {
  const caller = callerOf(context)
  if (caller.kind === 'user') return caller.subject
  throw failure(Code.PermissionDenied, 'ROLE_REQUIRED', 'services have no orders: use ListAllOrders')
}
