// What is asked of all contenders, what their upstream answers, and what they have to make of it.
import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson
} from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { filledMessage } from './filled-message.ts'
import {
  CreateOrderRequestSchema,
  EventSchema,
  ListProductsRequestSchema,
  ListProductsResponseSchema,
  OrderSchema,
  ProductSchema,
  ProductStatus
} from './gen/bench/v1/shop_pb.ts'
import { Wide10Schema, Wide50Schema, Wide200Schema } from './gen/bench/v1/wide_pb.ts'
import type { Answers } from './start-upstream.ts'

/** Those of the tables of costs. */
export const mainCases = ['product', 'list20', 'list200', 'order', 'stream'] as const
/** By how many fields the message has that is answered: those that show how a cost grows with them. */
export const wideCases = { 10: 'wide10', 50: 'wide50', 200: 'wide200' } as const

/** By how many messages an answer has: those that show how a cost grows with its size. */
export const listCases = { 20: 'list20', 200: 'list200', 2000: 'list2000' } as const

type Growing<Cases> = Cases[keyof Cases]
export type CaseName = (typeof mainCases)[number] | Growing<typeof wideCases> | Growing<typeof listCases>

export interface BenchCase {
  /** As in the tables. */
  title: string
  method: 'GET' | 'POST'
  path: string
  /** The JSON that is sent; null: none. */
  body: string | null
  /** What has to come, message by message: more than one is a stream. */
  expected: unknown[]
  /** How many requests are open at a time, each on a connection of its own. */
  connections: number
}

const now = Date.UTC(2026, 10, 23, 12)
const idOf = (index: number) => `0198c2d4-0000-7000-8000-${String(index).padStart(12, '0')}`
const streamLength = 1000

function product(index: number): MessageInitShape<typeof ProductSchema> {
  return {
    id: idOf(index),
    sku: `KETTLE-${1000 + index}`,
    name: `Kettle ${index}, brushed steel`,
    description: 'Boils a litre in three minutes, and keeps it warm for an hour. With a filter that can be washed.',
    category: 'kitchen',
    price: { currencyCode: 'EUR', amount: BigInt(3_990 + index) },
    imageUrl: `https://images.example.com/kettles/${1000 + index}.webp`,
    status: ProductStatus.ACTIVE,
    createdAt: timestampFromMs(now - 86_400_000),
    updatedAt: timestampFromMs(now),
    stock: 42
  }
}

const order = {
  items: Array.from({ length: 5 }, (_, index) => ({
    productId: idOf(index),
    quantity: index + 1,
    unitPrice: { currencyCode: 'EUR', amount: BigInt(3_990 + index) }
  })),
  shippingAddress: {
    recipient: 'Ada Lovelace',
    street: '12 St James’s Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    countryCode: 'GB'
  }
}

const rpc = (name: string) => `/bench.v1.ShopService/${name}`
const one = message(ProductSchema, product(1))
const lists = [20, 200, 2000].map(size => ({
  request: message(ListProductsRequestSchema, { pageSize: size }).wire,
  ...message(ListProductsResponseSchema, {
    products: Array.from({ length: size }, (_, index) => product(index)),
    totalSize: 1000
  })
}))
const placed = message(OrderSchema, {
  ...order,
  id: idOf(77),
  total: { currencyCode: 'EUR', amount: 59_890n },
  createdAt: timestampFromMs(now)
})
const event = message(EventSchema, { sequence: 1234n, text: 'Something has happened.', at: timestampFromMs(now) })
const wide10 = message(Wide10Schema, filledMessage(Wide10Schema))
const wide50 = message(Wide50Schema, filledMessage(Wide50Schema))
const wide200 = message(Wide200Schema, filledMessage(Wide200Schema))

/** What the upstream answers. */
export const answers: Answers = {
  [rpc('GetProduct')]: { message: one.wire, count: 1 },
  [rpc('ListProducts')]: {
    message: lists[0]!.wire,
    count: 1,
    byRequest: Object.fromEntries(lists.map(({ request, wire }) => [request, wire]))
  },
  [rpc('CreateOrder')]: { message: placed.wire, count: 1 },
  [rpc('WatchEvents')]: { message: event.wire, count: streamLength },
  [rpc('GetWide10')]: { message: wide10.wire, count: 1 },
  [rpc('GetWide50')]: { message: wide50.wire, count: 1 },
  [rpc('GetWide200')]: { message: wide200.wire, count: 1 }
}

export const cases: Record<CaseName, BenchCase> = {
  product: { ...get('GET one product', `/v1/products/${idOf(1)}`), expected: [one.json] },
  list20: { ...get('GET a list of 20', '/v1/products?page_size=20'), expected: [lists[0]!.json] },
  list200: { ...get('GET a list of 200', '/v1/products?page_size=200'), expected: [lists[1]!.json] },
  order: {
    ...get('POST an order', '/v1/orders'),
    method: 'POST',
    body: orderJson(),
    expected: [placed.json]
  },
  stream: {
    ...get(`GET a stream of ${streamLength.toLocaleString('en')} messages`, '/v1/events'),
    expected: Array.from({ length: streamLength }, () => event.json),
    connections: 8
  },
  list2000: {
    ...get('GET a list of 2,000', '/v1/products?page_size=2000'),
    expected: [lists[2]!.json],
    connections: 4
  },
  wide10: { ...get('GET a message of 10 fields', `/v1/wide10/${idOf(1)}`), expected: [wide10.json] },
  wide50: { ...get('GET a message of 50 fields', `/v1/wide50/${idOf(1)}`), expected: [wide50.json] },
  wide200: { ...get('GET a message of 200 fields', `/v1/wide200/${idOf(1)}`), expected: [wide200.json] }
}

function get(title: string, path: string): Omit<BenchCase, 'expected'> {
  return { title, method: 'GET', path, body: null, connections: 64 }
}

/** A message as the upstream sends it, in base64, and as the contenders have to print it. */
function message<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>) {
  const made = create(desc, init)
  return { wire: Buffer.from(toBinary(desc, made)).toString('base64'), json: json(desc, made) }
}

function json<Desc extends DescMessage>(desc: Desc, made: MessageShape<Desc>): unknown {
  return toJson(desc, made, { useProtoFieldName: true, alwaysEmitImplicit: true })
}

/** About 1 KB, as a shop's own front end sends it. */
function orderJson(): string {
  const note = 'Please ring twice, and leave the parcel with the neighbours on the left if nobody opens. '.repeat(3)
  return JSON.stringify(json(CreateOrderRequestSchema, create(CreateOrderRequestSchema, { ...order, note })))
}
