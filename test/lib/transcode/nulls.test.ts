import t from 'tap'
import { ListProductsResponseSchema, ProductSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import { type AddNulls, compileNulls } from '../../../lib/transcode/nulls.ts'

function addNulls(...options: Parameters<typeof compileNulls>): AddNulls {
  const add = compileNulls(...options)
  if (typeof add === 'string') throw new Error(add)
  return add
}

t.test('a field without a value becomes null, one with a value stays', async t => {
  const add = addNulls(ProductSchema, ['stock'])
  const without = { id: 'a' }
  const withStock = { id: 'a', stock: 0 }
  add(without)
  add(withStock)
  t.same(without, { id: 'a', stock: null })
  t.same(withStock, { id: 'a', stock: 0 })
})

t.test('a path leads through lists', async t => {
  const page = { products: [{ id: 'a' }, { id: 'b', stock: 3 }], page: 1 }
  addNulls(ListProductsResponseSchema, ['products.stock'])(page)
  t.same(page, {
    products: [
      { id: 'a', stock: null },
      { id: 'b', stock: 3 }
    ],
    page: 1
  })
})

t.test('what is not there has no fields', async t => {
  const product = { id: 'a' }
  addNulls(ProductSchema, ['price.amount_minor'])(product)
  t.same(product, { id: 'a' })
})

t.test('names are as the JSON has them', async t => {
  const product = {}
  addNulls(ProductSchema, ['image_url'], 'json')(product)
  t.same(product, { imageUrl: null })
})

t.test('a path that leads nowhere is told', async t => {
  t.equal(compileNulls(ProductSchema, ['stok']), 'nulls: shop.product.v1.Product has no field "stok"')
  t.type(compileNulls(ProductSchema, ['id.x']), 'string')
})
