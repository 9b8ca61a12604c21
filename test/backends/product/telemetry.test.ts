import t from 'tap'
import { catalogue } from '../../../backends/catalogue.ts'
import { createProductService } from '../../../backends/product/service.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { startBackend } from '../helper.ts'
import { recordMetrics } from '../metrics.ts'
import { collectSpans } from '../spans.ts'

const spans = collectSpans()
const measured = recordMetrics()

t.test('what is read of the catalogue is traced, counted and timed', async t => {
  const { client } = await startBackend(t, createProductService, { seedCatalogue: true })
  const anybody = client(ProductService)
  const { id } = catalogue[0]!
  await anybody.getProduct({ productId: id })
  await anybody.listProducts({ pageSize: 5 })
  await anybody.listCategories({})

  const got = spans.find(span => span.name === 'product.get_by_id')
  t.match(got?.attributes, { 'product.id': id, 'cache.hit': false })
  t.same(
    got?.events.map(event => event.name),
    ['cache miss']
  )
  t.match(spans.find(span => span.name === 'product.list')?.attributes, { 'items.count': 5 })

  t.same(await measured('product.query.count'), [
    { attributes: { operation: 'get', source: 'database' }, value: 1 },
    { attributes: { operation: 'list', source: 'database' }, value: 1 },
    { attributes: { operation: 'categories', source: 'database' }, value: 1 }
  ])
  t.same(await measured('product.cache.hit.count'), [{ attributes: { hit: false }, value: 1 }])
  const timed = (await measured('product.query.duration')).map(({ attributes }) => attributes.operation)
  t.same(timed, ['get', 'list', 'categories'])
})
