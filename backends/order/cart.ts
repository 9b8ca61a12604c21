import { type Client, Code, ConnectError } from '@connectrpc/connect'
import type { CreateOrderItem } from '../../gen/shop/order/v1/order_pb.ts'
import { type Product, type ProductService, ProductStatus } from '../../gen/shop/product/v1/product_pb.ts'
import { failure } from '../shared/service-error.ts'

/** A line of an order, at the price of the moment. */
export interface PricedLine {
  productId: string
  sku: string
  name: string
  unitPriceMinor: bigint
  quantity: number
}

export interface PricedCart {
  lines: PricedLine[]
  currencyCode: string
  totalMinor: bigint
}

/** A line as it was asked for; `index` is where the product was named first. */
interface WantedLine {
  productId: string
  quantity: number
  index: number
}

/** One try to read the products, in ms, and how many there are. */
const callTimeoutMs = 1000
const tries = 3
const maxQuantity = 999

/**
 * Prices what is ordered, by one read of all products: what the order costs is what they cost at that moment. Lines of the
 * same product are added up.
 *
 * @throws INVALID_ARGUMENT ORDER_ITEM_INVALID for an unknown product, VALIDATION_FAILED for too many of one,
 *   CURRENCY_MISMATCH; FAILED_PRECONDITION PRODUCT_NOT_AVAILABLE; UNAVAILABLE when the products cannot be read
 */
export async function priceCart(
  products: Client<typeof ProductService>,
  items: readonly CreateOrderItem[]
): Promise<PricedCart> {
  const wanted = mergeLines(items)
  const known = await readProducts(
    products,
    wanted.map(line => line.productId)
  )
  const lines = wanted.map(line => ({ line, product: known.get(line.productId) }))
  const missing = lines.filter(({ product }) => !product)
  if (missing.length > 0) throw unknownProducts(missing.map(({ line }) => line))
  const priced = lines.map(({ line, product }) => priceLine(line, product!))
  const currencies = new Set(priced.map(({ currencyCode }) => currencyCode))
  const [currencyCode] = currencies
  if (currencies.size > 1) {
    throw failure(Code.InvalidArgument, 'CURRENCY_MISMATCH', 'the products of an order must have the same currency')
  }
  return {
    lines: priced,
    currencyCode: currencyCode!,
    totalMinor: priced.reduce((total, line) => total + line.unitPriceMinor * BigInt(line.quantity), 0n)
  }
}

function mergeLines(items: readonly CreateOrderItem[]): WantedLine[] {
  const byProduct = new Map<string, WantedLine>()
  for (const [index, { productId, quantity }] of items.entries()) {
    const id = productId.toLowerCase()
    const line = byProduct.get(id)
    if (line) line.quantity += quantity
    else byProduct.set(id, { productId: id, quantity, index })
  }
  for (const { quantity, index } of byProduct.values()) if (quantity > maxQuantity) throw tooMany(index)
  return [...byProduct.values()]
}

async function readProducts(products: Client<typeof ProductService>, ids: string[]): Promise<Map<string, Product>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await products.batchGetProducts({ productIds: ids }, { timeoutMs: callTimeoutMs })
      return new Map(found.products.map(product => [product.id, product]))
    } catch (error) {
      const { code } = ConnectError.from(error)
      if (code !== Code.Unavailable || attempt === tries) throw catalogueAway(code, error)
    }
  }
}

function priceLine({ productId, quantity }: WantedLine, product: Product): PricedLine & { currencyCode: string } {
  if (product.status !== ProductStatus.ACTIVE || !product.price) {
    throw failure(Code.FailedPrecondition, 'PRODUCT_NOT_AVAILABLE', `${product.name} is not on sale`, {
      metadata: { product_id: productId }
    })
  }
  const { amountMinor, currencyCode } = product.price
  return { productId, sku: product.sku, name: product.name, unitPriceMinor: amountMinor, quantity, currencyCode }
}

function unknownProducts(lines: readonly WantedLine[]) {
  return failure(Code.InvalidArgument, 'ORDER_ITEM_INVALID', 'an ordered product does not exist', {
    violations: lines.map(({ index }) => ({ field: `items[${index}].product_id`, description: 'no such product' }))
  })
}

function tooMany(index: number) {
  const violations = [{ field: `items[${index}].quantity`, description: `must be at most ${maxQuantity} in all` }]
  const message = `items[${index}].quantity: must be at most ${maxQuantity} in all`
  return failure(Code.InvalidArgument, 'VALIDATION_FAILED', message, { violations })
}

function catalogueAway(code: Code, cause: unknown) {
  const kept = code === Code.DeadlineExceeded ? code : Code.Unavailable
  return failure(kept, 'UPSTREAM_UNAVAILABLE', 'the products cannot be read', { cause })
}
