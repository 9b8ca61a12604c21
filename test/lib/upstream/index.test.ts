import { fromBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import t from 'tap'
import { ListCategoriesResponseSchema, ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { createChannel, createTransport, createWire } from '../../../lib/upstream/index.ts'
import { startUpstream } from '../../helper.ts'

t.test('a program calls services without a gateway, by a generated client and in bytes', async t => {
  const { url } = await startUpstream(t)
  const channel = createChannel({ name: 'product', target: url })
  t.teardown(() => channel.close())
  const wire = createWire({ send: channel.send, writeMaxBytes: 1024 * 1024 })
  const products = createClient(ProductService, createTransport(wire))
  const categories = [{ name: 'food', productCount: 2 }]
  t.match(await products.listCategories({}), { categories })
  const { message } = await wire.unary(ProductService.method.listCategories, new Uint8Array(0))
  t.match(fromBinary(ListCategoriesResponseSchema, message), { categories })
})
