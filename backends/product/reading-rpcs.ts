import { Code, type ServiceImpl } from '@connectrpc/connect'
import type { Product, ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import type { ProductContext } from './context.ts'
import { toProduct } from './messages.ts'
import { countProducts, findProducts, listCategories, listProducts, type ProductFilter } from './store.ts'

type ReadingRpcs = Pick<
  ServiceImpl<typeof ProductService>,
  'listProducts' | 'getProduct' | 'listCategories' | 'batchGetProducts'
>

/** What anybody may see of the catalogue, and what orders read of it. */
export function readingRpcs({ db, cache, metrics, pager }: ProductContext): ReadingRpcs {
  return {
    listProducts: request =>
      inSpan('product.list', {}, async span => {
        const filter: ProductFilter = {
          category: request.category,
          q: request.q,
          minPrice: request.minPrice,
          maxPrice: request.maxPrice,
          orderBy: request.orderBy ?? 'created_at'
        }
        const page = pager.read(request, filter)
        metrics.countQuery('list')
        const [rows, totalSize] = await metrics.timeQuery('list', () =>
          Promise.all([listProducts(db, filter, page), countProducts(db, filter)])
        )
        const shown = rows.slice(0, page.pageSize)
        const last = rows.length > shown.length ? shown.at(-1) : undefined
        span.setAttribute('items.count', shown.length)
        return {
          products: shown.map(toProduct),
          page: page.page,
          pageSize: page.pageSize,
          totalSize,
          nextPageToken: last === undefined ? '' : pager.token([last.cursor_key, last.id], filter)
        }
      }),

    getProduct: ({ productId }) =>
      inSpan('product.get_by_id', { 'product.id': productId }, async span => {
        const id = productId.toLowerCase()
        const { product, source } = await cache.read(id, () => loadActive(id))
        metrics.countGet(source)
        span.addEvent(source === 'cache' ? 'cache hit' : 'cache miss')
        span.setAttribute('cache.hit', source === 'cache')
        if (product === null) throw productNotFound()
        return product
      }),

    async listCategories() {
      metrics.countQuery('categories')
      const rows = await metrics.timeQuery('categories', () => listCategories(db))
      return { categories: rows.map(row => ({ name: row.name, productCount: Number(row.product_count) })) }
    },

    async batchGetProducts({ productIds }) {
      const ids = [...new Set(productIds.map(id => id.toLowerCase()))]
      metrics.countQuery('batch_get')
      const rows = await metrics.timeQuery('batch_get', () => findProducts(db, ids))
      const found = new Set(rows.map(row => row.id))
      return { products: rows.map(toProduct), missing: ids.filter(id => !found.has(id)) }
    }
  }

  async function loadActive(id: string): Promise<Product | null> {
    const [row] = await metrics.timeQuery('get', () => findProducts(db, [id]))
    return row?.status === 'active' ? toProduct(row) : null
  }
}

/** @returns NOT_FOUND PRODUCT_NOT_FOUND */
export function productNotFound() {
  return failure(Code.NotFound, 'PRODUCT_NOT_FOUND', 'product not found')
}
