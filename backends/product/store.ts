import { type Kysely, type Selectable, type SelectQueryBuilder, sql, type Transaction, type Updateable } from 'kysely'
import type { Page } from '../shared/paging.ts'
import type { ProductSchema, ProductTable } from './schema.ts'

export type Db = Kysely<ProductSchema>
export type Tx = Transaction<ProductSchema>
export type ProductRow = Omit<Selectable<ProductTable>, 'search'>

/** What narrows and orders the catalogue. */
export interface ProductFilter {
  category: string | undefined
  q: string | undefined
  minPrice: bigint | undefined
  maxPrice: bigint | undefined
  /** `created_at`, `price` or `name`, with " desc" from the other end. */
  orderBy: string
}

const columns = [
  ...(['id', 'sku', 'name', 'description', 'category', 'image_url', 'price_minor', 'currency_code'] as const),
  ...(['status', 'version', 'created_at', 'updated_at'] as const)
] as const

/** A sort key of the list: its column, and the column's type for a key that comes back as text. */
const sortKeys = {
  created_at: { column: 'created_at', type: sql`timestamptz` },
  price: { column: 'price_minor', type: sql`bigint` },
  name: { column: 'name', type: sql`text` }
} as const

/** A row of a list, with its sort key as text: a Date would lose the microseconds of a timestamptz. */
export type ListedProduct = ProductRow & { cursor_key: string }

/** One more than fits on the page, so that the caller sees whether there is another. */
export function listProducts(db: Db, filter: ProductFilter, page: Page): Promise<ListedProduct[]> {
  const [name, direction = 'asc'] = filter.orderBy.split(' ') as [keyof typeof sortKeys, 'asc' | 'desc' | undefined]
  const { column, type } = sortKeys[name]
  let query = narrowed(db.selectFrom('products').select(columns), filter)
  if (page.cursor !== null) {
    const [key, id] = page.cursor
    const beyond = direction === 'desc' ? sql`<` : sql`>`
    query = query.where(sql<boolean>`(${sql.ref(column)}, id) ${beyond} (${key}::${type}, ${id}::uuid)`)
  }
  return query
    .select(sql<string>`${sql.ref(column)}::text`.as('cursor_key'))
    .orderBy(column, direction)
    .orderBy('id', direction)
    .offset(page.offset)
    .limit(page.pageSize + 1)
    .execute()
}

/** How many products the filter lets through. */
export async function countProducts(db: Db, filter: ProductFilter): Promise<number> {
  const query = db.selectFrom('products').select(({ fn }) => fn.countAll<bigint>().as('count'))
  return Number((await narrowed(query, filter).executeTakeFirstOrThrow()).count)
}

function narrowed<Output>(query: SelectQueryBuilder<ProductSchema, 'products', Output>, filter: ProductFilter) {
  let narrow = query.where('status', '=', 'active')
  if (filter.category !== undefined) narrow = narrow.where('category', '=', filter.category)
  if (filter.q) narrow = narrow.where(sql<boolean>`search @@ websearch_to_tsquery('simple', ${filter.q})`)
  if (filter.minPrice !== undefined) narrow = narrow.where('price_minor', '>=', filter.minPrice)
  if (filter.maxPrice !== undefined) narrow = narrow.where('price_minor', '<=', filter.maxPrice)
  return narrow
}

/** Products of any status, in no order; ids that name none are left out. */
export function findProducts(db: Db, ids: string[]): Promise<ProductRow[]> {
  return db.selectFrom('products').select(columns).where('id', 'in', ids).execute()
}

/** The categories of the active products, in alphabetical order. */
export function listCategories(db: Db): Promise<{ name: string; product_count: bigint }[]> {
  return db
    .selectFrom('products')
    .select(({ fn }) => ['category as name', fn.countAll<bigint>().as('product_count')])
    .where('status', '=', 'active')
    .groupBy('category')
    .orderBy('category')
    .execute()
}

export type NewProduct = Pick<
  ProductRow,
  'id' | 'sku' | 'name' | 'description' | 'category' | 'image_url' | 'price_minor' | 'currency_code' | 'status'
>

export function insertProduct(tx: Tx, product: NewProduct): Promise<ProductRow> {
  return tx.insertInto('products').values(product).returning(columns).executeTakeFirstOrThrow()
}

export function lockProduct(tx: Tx, id: string): Promise<ProductRow | undefined> {
  return tx.selectFrom('products').select(columns).where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Changes a product that is locked; its version grows. */
export function updateProduct(tx: Tx, held: ProductRow, changes: Updateable<ProductTable>): Promise<ProductRow> {
  return tx
    .updateTable('products')
    .set({ ...changes, version: held.version + 1n, updated_at: sql<Date>`now()` })
    .where('id', '=', held.id)
    .returning(columns)
    .executeTakeFirstOrThrow()
}
