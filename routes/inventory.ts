import type { FastifyInstance } from 'fastify'
import { InventoryService } from '../gen/shop/inventory/v1/inventory_pb.ts'

/** The stock. */
export default async function inventory(gateway: FastifyInstance) {
  gateway.transcode(InventoryService, { upstream: 'inventory' })
}
