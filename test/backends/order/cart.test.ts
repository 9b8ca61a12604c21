import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect'
import t from 'tap'
import { priceCart } from '../../../backends/order/cart.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { BadRequestSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { type CreateOrderItem, CreateOrderItemSchema } from '../../../gen/shop/order/v1/order_pb.ts'
import { ProductService, ProductStatus } from '../../../gen/shop/product/v1/product_pb.ts'
import { refusalOf } from '../helper.ts'

interface Stocked {
  id: string
  amountMinor?: bigint
  currencyCode?: string
  status?: ProductStatus
}

/** A catalogue, and how often it was asked. The first `failures` calls end with UNAVAILABLE. */
function catalogue(products: Stocked[], failures = 0) {
  const asked: string[][] = []
  const transport = createRouterTransport(router =>
    router.service(ProductService, {
      batchGetProducts({ productIds }) {
        asked.push(productIds)
        if (asked.length <= failures) throw new ConnectError('away', Code.Unavailable)
        const found = products.filter(({ id }) => productIds.includes(id))
        return {
          products: found.map(({ id, amountMinor = 100n, currencyCode = 'USD', status = ProductStatus.ACTIVE }) => ({
            id,
            sku: `SKU-${id.slice(-4)}`,
            name: `product ${id.slice(-4)}`,
            price: { currencyCode, amountMinor },
            status
          }))
        }
      }
    })
  )
  return { client: createClient(ProductService, transport), asked }
}

function line(productId: string, quantity = 1): CreateOrderItem {
  return create(CreateOrderItemSchema, { productId, quantity })
}

t.test('lines of the same product are added up and priced by one read', async t => {
  const [a, b] = [newId(), newId()]
  const { client, asked } = catalogue([
    { id: a, amountMinor: 250n },
    { id: b, amountMinor: 10_000_000_000n }
  ])
  const cart = await priceCart(client, [line(a, 2), line(b, 999), line(a.toUpperCase(), 3)])
  t.strictSame(asked, [[a, b]])
  t.match(cart.lines, [
    { productId: a, quantity: 5, unitPriceMinor: 250n },
    { productId: b, quantity: 999, unitPriceMinor: 10_000_000_000n }
  ])
  t.equal(cart.totalMinor, 9_990_000_001_250n, 'to the last cent')
})

t.test('an unknown product is named by its line', async t => {
  const known = newId()
  const { client } = catalogue([{ id: known }])
  const error = await refusalOf(priceCart(client, [line(known), line(newId())]))
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'ORDER_ITEM_INVALID')
  t.match(violationsOf(error), ['items[1].product_id'])
})

t.test('a product that is not on sale cannot be ordered', async t => {
  const id = newId()
  const { client } = catalogue([{ id, status: ProductStatus.INACTIVE }])
  const error = await refusalOf(priceCart(client, [line(id)]))
  t.equal(error.code, Code.FailedPrecondition)
  t.equal(reasonOf(error), 'PRODUCT_NOT_AVAILABLE')
  t.equal(metadataOf(error).product_id, id)
})

t.test('an order has one currency', async t => {
  const [a, b] = [newId(), newId()]
  const { client } = catalogue([{ id: a }, { id: b, currencyCode: 'EUR' }])
  const error = await refusalOf(priceCart(client, [line(a), line(b)]))
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'CURRENCY_MISMATCH')
})

t.test('999 of a product are the most, over all of its lines', async t => {
  const id = newId()
  const { client, asked } = catalogue([{ id }])
  const error = await refusalOf(priceCart(client, [line(newId()), line(id, 500), line(id, 500)]))
  t.equal(reasonOf(error), 'VALIDATION_FAILED')
  t.match(violationsOf(error), ['items[1].quantity'])
  t.equal(asked.length, 0)
})

t.test('a catalogue that is away for a moment is asked again, three times in all', async t => {
  const id = newId()
  t.equal((await priceCart(catalogue([{ id }], 2).client, [line(id)])).totalMinor, 100n)
  const gone = catalogue([{ id }], 3)
  const error = await refusalOf(priceCart(gone.client, [line(id)]))
  t.equal(error.code, Code.Unavailable)
  t.equal(gone.asked.length, 3)
})

function violationsOf(error: ConnectError): string[] {
  return error.findDetails(BadRequestSchema).flatMap(details => details.fieldViolations.map(({ field }) => field))
}
