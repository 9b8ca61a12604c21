import type { Pager } from '../shared/paging.ts'
import type { ProductCache } from './cache.ts'
import type { ProductMetrics } from './metrics.ts'
import type { Db } from './store.ts'

/** What the rpcs of the product service work with. */
export interface ProductContext {
  db: Db
  cache: ProductCache
  metrics: ProductMetrics
  pager: Pager
}
