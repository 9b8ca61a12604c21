import t from 'tap'
import { ListProductsResponseSchema, ProductSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import { nullFields } from '../../../lib/transcode/nulls.ts'

t.test('a path leads to its field, through messages and lists', async t => {
  const stock = ProductSchema.field.stock
  t.same(nullFields(ProductSchema, ['stock', 'price']), new Set([stock, ProductSchema.field.price]))
  t.same(nullFields(ListProductsResponseSchema, ['products.stock']), new Set([stock]))
  t.same(nullFields(ProductSchema, []), new Set())
})

t.test('a path that leads nowhere is told', async t => {
  t.equal(nullFields(ProductSchema, ['stok']), 'nulls: shop.product.v1.Product has no field "stok"')
  t.equal(nullFields(ProductSchema, ['id.x']), 'nulls: shop.product.v1.Product has no field "id.x"')
})

t.test('a field that is never without a value cannot be null', async t => {
  t.equal(nullFields(ProductSchema, ['name']), 'nulls: "name" always has a value')
  t.equal(nullFields(ListProductsResponseSchema, ['products']), 'nulls: "products" always has a value')
})
