import type { FastifyInstance } from 'fastify'
import { OrderService } from '../gen/shop/order/v1/order_pb.ts'

/** Orders, and paying for them. */
export default async function orders(gateway: FastifyInstance) {
  gateway.transcode(OrderService, { upstream: 'order' })
}
