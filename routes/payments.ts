import type { FastifyInstance } from 'fastify'
import { PaymentService } from '../gen/shop/payment/v1/payment_pb.ts'

/** What was paid and given back. */
export default async function payments(gateway: FastifyInstance) {
  gateway.transcode(PaymentService, { upstream: 'payment' })
}
