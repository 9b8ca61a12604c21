import { create } from '@bufbuild/protobuf'
import { type Product, ProductSchema, ProductStatusSchema } from '../../gen/shop/product/v1/product_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { formatEtag } from '../shared/etag.ts'
import { toTimestamp } from '../shared/time.ts'
import type { ProductRow } from './store.ts'

/** A product as callers see it. Its stock is the inventory's to tell. */
export function toProduct(row: ProductRow): Product {
  return create(ProductSchema, {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    category: row.category,
    price: { currencyCode: row.currency_code, amountMinor: row.price_minor },
    imageUrl: row.image_url,
    status: enumNumber(ProductStatusSchema, row.status),
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
    etag: formatEtag(row.version)
  })
}
