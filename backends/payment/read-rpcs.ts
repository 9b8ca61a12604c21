import { create } from '@bufbuild/protobuf'
import type { ServiceImpl } from '@connectrpc/connect'
import {
  ListPaymentsResponseSchema,
  type PaymentService,
  PaymentStatusSchema
} from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumName } from '../shared/enum-names.ts'
import { actsForOthers, type Caller, callerOf } from '../shared/identity.ts'
import type { Pager } from '../shared/paging.ts'
import { toPayment } from './messages.ts'
import type { PaymentStatusName } from './schema.ts'
import { countPayments, type Db, findPayment, listPayments, paymentNotFound, refundsOf } from './store.ts'

type ReadRpcs = Pick<ServiceImpl<typeof PaymentService>, 'getPayment' | 'listPayments'>

/** The rpcs that show payments: to users their own, to operators and services all. */
export function createReadRpcs(db: Db, pager: Pager): ReadRpcs {
  return {
    async getPayment({ paymentId }, context) {
      const userId = ownerFilter(callerOf(context))
      const payment = await findPayment(db, paymentId)
      // Somebody else's payment is not there, rather than forbidden: its id tells nothing.
      if (!payment || (userId !== undefined && payment.user_id !== userId)) throw paymentNotFound()
      return toPayment(payment, await refundsOf(db, [payment.id]))
    },

    async listPayments(request, context) {
      const filter = {
        userId: ownerFilter(callerOf(context)),
        orderId: request.orderId,
        status: enumName<PaymentStatusName>(PaymentStatusSchema, request.status) ?? undefined
      }
      const page = pager.read(request, filter)
      const [rows, totalSize] = await Promise.all([listPayments(db, filter, page), countPayments(db, filter)])
      const shown = rows.slice(0, page.pageSize)
      const last = rows.length > shown.length ? shown.at(-1) : undefined
      const refunds = await refundsOf(
        db,
        shown.map(row => row.id)
      )
      return create(ListPaymentsResponseSchema, {
        payments: shown.map(row =>
          toPayment(
            row,
            refunds.filter(refund => refund.payment_id === row.id)
          )
        ),
        page: page.page,
        pageSize: page.pageSize,
        totalSize,
        nextPageToken: last ? pager.token([last.cursor_at, last.id], filter) : ''
      })
    }
  }
}

function ownerFilter(caller: Caller): string | undefined {
  return actsForOthers(caller) ? undefined : caller.subject
}
