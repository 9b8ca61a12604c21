import { create } from '@bufbuild/protobuf'
import t from 'tap'
import { fieldsWithNul } from '../../../backends/shared/nul-text.ts'
import { CreateOrderRequestSchema } from '../../../gen/shop/order/v1/order_pb.ts'
import { BatchGetProductsRequestSchema, UpdateProductRequestSchema } from '../../../gen/shop/product/v1/product_pb.ts'

t.test('text with U+0000 is found wherever it stands', async t => {
  const order = create(CreateOrderRequestSchema, { userId: 'a\0', items: [{ productId: 'fine' }, { productId: '\0' }] })
  t.same(fieldsWithNul(CreateOrderRequestSchema, order), ['user_id', 'items[1].product_id'])
  const batch = create(BatchGetProductsRequestSchema, { productIds: ['fine', 'b\0c'] })
  t.same(fieldsWithNul(BatchGetProductsRequestSchema, batch), ['product_ids[1]'])
  const update = create(UpdateProductRequestSchema, { price: { currencyCode: 'U\0D' }, updateMask: { paths: ['\0'] } })
  t.same(fieldsWithNul(UpdateProductRequestSchema, update), ['price.currency_code', 'update_mask.paths[0]'])
})

t.test('other text is let through', async t => {
  const order = create(CreateOrderRequestSchema, { userId: 'tab\t, newline\n and é', items: [{ productId: 'fine' }] })
  t.same(fieldsWithNul(CreateOrderRequestSchema, order), [])
})
