import type { DescService } from '@bufbuild/protobuf'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { InventoryService } from './gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from './gen/shop/order/v1/order_pb.ts'
import { PaymentService } from './gen/shop/payment/v1/payment_pb.ts'
import { ProductService } from './gen/shop/product/v1/product_pb.ts'
import { UserService } from './gen/shop/user/v1/user_pb.ts'
import type { UpstreamOptions } from './plugins/upstreams.ts'
import inventory from './routes/inventory.ts'
import orders from './routes/orders.ts'
import payments from './routes/payments.ts'
import products from './routes/products.ts'
import users from './routes/users.ts'

/** The service behind each upstream of the shop. A new one is a line here, and a variable in config.ts. */
const services = {
  user: UserService,
  product: ProductService,
  order: OrderService,
  payment: PaymentService,
  inventory: InventoryService
} satisfies Record<string, DescService>

type Services = typeof services

declare module './plugins/upstreams.ts' {
  interface Upstreams extends Services {}
}

/** Where the services of the shop are. */
export function shopUpstreams(config: Config): Record<keyof Services, UpstreamOptions> {
  return {
    user: { target: config.USER_SERVICE_URL, service: services.user },
    product: { target: config.PRODUCT_SERVICE_URL, service: services.product },
    order: { target: config.ORDER_SERVICE_URL, service: services.order },
    payment: { target: config.PAYMENT_SERVICE_URL, service: services.payment },
    inventory: { target: config.INVENTORY_SERVICE_URL, service: services.inventory }
  }
}

/** The routes of the shop. */
export async function shop(gateway: FastifyInstance) {
  gateway.register(users)
  gateway.register(products)
  gateway.register(orders)
  gateway.register(payments)
  gateway.register(inventory)
}
