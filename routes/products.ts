import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Product, ProductService } from '../gen/shop/product/v1/product_pb.ts'

/** How long a page of products waits for their stock, in milliseconds. */
const stockTimeoutMs = 500

/** The catalogue. Products are shown with their stock, which another service knows. */
export default async function products(gateway: FastifyInstance) {
  gateway.transcode(ProductService, {
    upstream: 'product',
    methods: {
      listProducts: {
        nulls: ['products.stock'],
        async handler(message, request) {
          const page = await request.clients.product.listProducts(message)
          await addStock(page.products, request)
          return page
        }
      },
      getProduct: {
        nulls: ['stock'],
        async handler(message, request) {
          const product = await request.clients.product.getProduct(message)
          await addStock([product], request)
          return product
        }
      }
    }
  })
}

/** Asks for the stock of all products in one call. Without an answer in time they have none, and the page is shown. */
async function addStock(products: Product[], { clients, log }: FastifyRequest): Promise<void> {
  if (products.length === 0) return
  try {
    const productIds = products.map(product => product.id)
    const { stocks } = await clients.inventory.batchGetStock({ productIds }, { timeoutMs: stockTimeoutMs })
    const available = new Map(stocks.map(stock => [stock.productId, stock.available]))
    for (const product of products) {
      const stock = available.get(product.id)
      if (stock !== undefined) product.stock = stock
    }
  } catch (error) {
    log.debug({ err: error }, 'products are shown without stock')
  }
}
