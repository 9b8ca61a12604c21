import { create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { ListProductsResponseSchema, ProductSchema, ProductStatus } from '../gen/shop/product/v1/product_pb.ts'
import { RepeatedsSchema, ScalarsSchema } from '../test/fixtures/gen/fixture/v1/types_pb.ts'

interface Sample {
  name: string
  desc: DescMessage
  message: Message
}

/** A message of each kind that the cost of a codec depends on. */
export function messages(): Sample[] {
  return [
    sample('one product', ProductSchema, product(0)),
    sample('list of 20 products', ListProductsResponseSchema, productPage(20)),
    sample('list of 200 products', ListProductsResponseSchema, productPage(200)),
    sample('50 texts of 400 characters', RepeatedsSchema, { stringValues: Array.from({ length: 50 }, textOf) }),
    sample('600 numbers', RepeatedsSchema, {
      doubleValues: numbers(100, index => index * 1.37 - 50),
      int32Values: numbers(100, index => index * 7919 - 300_000),
      int64Values: numbers(100, index => BigInt(index) * 90_071_992_547_409n),
      uint32Values: numbers(100, index => index * 40_000_003),
      sint64Values: numbers(100, index => BigInt(index - 50) * 1_000_003n),
      fixed64Values: numbers(100, index => BigInt(index) * 12_345_678_901n)
    }),
    sample('a text of 900 KB', ScalarsSchema, { stringValue: Array.from({ length: 2250 }, textOf).join('') }),
    sample('bytes of 900 KB', ScalarsSchema, { bytesValue: Uint8Array.from({ length: 900_000 }, byteOf) })
  ]
}

function sample<Desc extends DescMessage>(name: string, desc: Desc, init: MessageInitShape<Desc>): Sample {
  return { name, desc, message: create(desc, init) }
}

function numbers<Value>(length: number, numberAt: (index: number) => Value): Value[] {
  return Array.from({ length }, (_, index) => numberAt(index))
}

/** Mostly ASCII, with what has to be escaped in JSON and what takes more bytes in UTF-8. */
function textOf(_: unknown, index: number): string {
  return `Line ${index}: a "quoted" word, a tab\t, then ä, € and 🛒. `.padEnd(
    400,
    'The quick brown fox jumps over it. '
  )
}

function byteOf(_: unknown, index: number): number {
  return (index * 7919) >>> 5
}

function productPage(size: number): MessageInitShape<typeof ListProductsResponseSchema> {
  return {
    products: Array.from({ length: size }, (_, index) => product(index)),
    page: 1,
    pageSize: size,
    totalSize: 512
  }
}

function product(index: number): MessageInitShape<typeof ProductSchema> {
  return {
    id: `0199d3a1-7c00-7000-8000-${String(index).padStart(12, '0')}`,
    sku: `SKU-${index}`,
    name: `Product number ${index}`,
    description: 'Soft to the touch, hard to wear out; made of what the sea leaves behind.',
    category: 'clothing',
    price: { currencyCode: 'EUR', amountMinor: BigInt(1099 + index) },
    imageUrl: `https://images.example.com/products/${index}.jpg`,
    status: ProductStatus.ACTIVE,
    createdAt: timestampFromMs(1_790_000_000_000 + index * 1000),
    updatedAt: timestampFromMs(1_790_000_500_000 + index * 1001),
    etag: `"${index}"`,
    stock: index * 3
  }
}
