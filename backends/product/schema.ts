import type { ColumnType, Generated } from 'kysely'

type Timestamp = ColumnType<Date, Date | undefined, Date>

/** The tables of the products database. */
export interface ProductSchema {
  products: ProductTable
}

export type ProductStatusName = 'active' | 'inactive' | 'deleted'

export interface ProductTable {
  id: string
  sku: string
  name: string
  description: string
  category: string
  image_url: string
  price_minor: bigint
  currency_code: string
  status: ProductStatusName
  version: Generated<bigint>
  created_at: Timestamp
  updated_at: Timestamp
  /** Generated from name, sku, category and description. */
  search: ColumnType<string, never, never>
}
