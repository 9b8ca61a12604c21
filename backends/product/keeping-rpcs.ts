import { Code, type ServiceImpl } from '@connectrpc/connect'
import type { Money } from '../../gen/shop/common/v1/money_pb.ts'
import {
  type CreateProductRequest,
  CreateProductRequestSchema,
  type ProductService,
  ProductStatusSchema,
  type UpdateProductRequest
} from '../../gen/shop/product/v1/product_pb.ts'
import { isUniqueViolation } from '../shared/database.ts'
import { enumName } from '../shared/enum-names.ts'
import { checkEtag } from '../shared/etag.ts'
import { claimKey, markReplayed } from '../shared/idempotency.ts'
import { callerOf } from '../shared/identity.ts'
import { newId } from '../shared/ids.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import type { ProductContext } from './context.ts'
import { toProduct } from './messages.ts'
import { productNotFound } from './reading-rpcs.ts'
import type { ProductStatusName } from './schema.ts'
import { insertProduct, lockProduct, type ProductRow, type Tx, updateProduct } from './store.ts'

const maxPriceMinor = 10_000_000_000n

type KeepingRpcs = Pick<ServiceImpl<typeof ProductService>, 'createProduct' | 'updateProduct' | 'deleteProduct'>

/** What operators do with the catalogue. */
export function keepingRpcs({ db, cache }: ProductContext): KeepingRpcs {
  return {
    async createProduct(request, context) {
      checkPrice(request.price!)
      const { subject } = callerOf(context)
      try {
        const { row, replayed } = await db.transaction().execute(tx => createOnce(tx, request, subject))
        if (replayed) markReplayed(context)
        // "There is no such product" may be remembered of a replayed id, and of no other.
        await cache.forget(row.id)
        return toProduct(row)
      } catch (error) {
        if (!isUniqueViolation(error, 'products_sku_key')) throw error
        throw failure(Code.AlreadyExists, 'SKU_TAKEN', 'sku is already taken', { cause: error })
      }
    },

    async updateProduct(request) {
      const changes = changesOf(request)
      const row = await db.transaction().execute(async tx => {
        const held = await lockAlive(tx, request.productId)
        checkEtag(request.etag, held.version)
        return Object.keys(changes).length === 0 ? held : updateProduct(tx, held, changes)
      })
      await cache.forget(row.id)
      return toProduct(row)
    },

    async deleteProduct({ productId, etag }) {
      const row = await db.transaction().execute(async tx => {
        const held = await lockProduct(tx, productId)
        if (held === undefined) throw productNotFound()
        if (held.status === 'deleted') return held
        checkEtag(etag, held.version)
        return updateProduct(tx, held, { status: 'deleted' })
      })
      await cache.forget(row.id)
      return toProduct(row)
    }
  }
}

async function createOnce(tx: Tx, request: CreateProductRequest, subject: string) {
  const id = newId()
  if (request.requestId !== undefined) {
    const hash = requestHash(CreateProductRequestSchema, request)
    const earlier = await claimKey(tx, { scope: `${subject} CreateProduct`, key: request.requestId, hash }, id)
    // Rows are never removed: the product is there as it is now, even when it was taken out of the catalogue since.
    if (earlier !== null) return { row: (await lockProduct(tx, earlier))!, replayed: true }
  }
  const row = await insertProduct(tx, {
    id,
    sku: request.sku,
    name: request.name,
    description: request.description,
    category: request.category,
    image_url: request.imageUrl,
    price_minor: request.price!.amountMinor,
    currency_code: request.price!.currencyCode,
    status: enumName<ProductStatusName>(ProductStatusSchema, request.status) ?? 'active'
  })
  return { row, replayed: false }
}

async function lockAlive(tx: Tx, id: string): Promise<ProductRow> {
  const held = await lockProduct(tx, id)
  if (held === undefined || held.status === 'deleted') throw productNotFound()
  return held
}

/** Each changeable field: whether the request holds it, and what it changes. */
const changeable = {
  name: ({ name }: UpdateProductRequest) => name !== undefined && { name },
  description: ({ description }: UpdateProductRequest) => description !== undefined && { description },
  category: ({ category }: UpdateProductRequest) => category !== undefined && { category },
  image_url: ({ imageUrl }: UpdateProductRequest) => imageUrl !== undefined && { image_url: imageUrl },
  price: ({ price }: UpdateProductRequest) =>
    price !== undefined && { price_minor: price.amountMinor, currency_code: price.currencyCode },
  status: ({ status }: UpdateProductRequest) =>
    status !== undefined && { status: enumName<ProductStatusName>(ProductStatusSchema, status)! }
}

/** The fields that the mask names; without a mask, those that the request holds. */
function changesOf(request: UpdateProductRequest): Partial<ProductRow> {
  if (request.price !== undefined) checkPrice(request.price)
  const names = Object.keys(changeable) as (keyof typeof changeable)[]
  const changes = {}
  if (request.updateMask === undefined) {
    for (const name of names) Object.assign(changes, changeable[name](request))
    return changes
  }
  for (const path of request.updateMask.paths) {
    const name = names.find(candidate => candidate === path)
    if (name === undefined) throw badField('update_mask', `"${path}" cannot be changed: only ${names.join(', ')} can`)
    const change = changeable[name](request)
    if (change === false) throw badField('update_mask', `${path} is named but not given`)
    Object.assign(changes, change)
  }
  return changes
}

function checkPrice({ amountMinor }: Money): void {
  if (amountMinor >= 1n && amountMinor <= maxPriceMinor) return
  throw badField('price.amount_minor', `must be from 1 to ${maxPriceMinor}`)
}

function badField(field: string, description: string) {
  const violations = [{ field, description }]
  return failure(Code.InvalidArgument, 'VALIDATION_FAILED', `${field}: ${description}`, { violations })
}
