// A product service that only answers: the gateway's cost is measured, not a database's.
import { createServer } from 'node:http2'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { ProductService } from '../gen/shop/product/v1/product_pb.ts'
import { answer } from './answer.ts'

const categories = answer.categories.map(({ name, product_count }) => ({ name, productCount: product_count }))
const handler = connectNodeAdapter({
  routes: router => router.service(ProductService, { listCategories: () => ({ categories }) })
})
createServer(handler).listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'))
