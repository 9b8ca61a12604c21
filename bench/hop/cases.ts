import { create, type DescMessage, type MessageInitShape, toBinary, toJsonString } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { ListCategoriesResponseSchema } from '../../gen/shop/product/v1/product_pb.ts'
import { TopicEventSchema } from '../../test/fixtures/gen/fixture/v1/streams_pb.ts'
import type { Answers } from '../start-upstream.ts'

/** What is asked for, and what every contender has to answer. */
export interface HopCase {
  name: string
  path: string
  /** What the upstream answers. */
  answers: Answers
  /** The body of the answer: one text, or a line for each message of a stream. */
  part: string
  /** How often the part comes. */
  parts: number
  contentType: string
  /** How many requests are open at a time, each on a connection of its own. */
  concurrency: number
}

/** How Sluice prints unless it is told otherwise, in the words of protobuf-es. */
export const printOptions = { useProtoFieldName: true, alwaysEmitImplicit: true }

export const hopCases = {
  unary: unaryCase('GET, 150 B of JSON', 64, [
    { name: 'clothing', productCount: 10 },
    { name: 'electronics', productCount: 10 },
    { name: 'food', productCount: 10 }
  ]),
  large: unaryCase(
    'GET, 1 MiB of JSON',
    8,
    Array.from({ length: 64 }, (_, index) => ({ name: 'clothing '.repeat(1816), productCount: index }))
  ),
  stream: streamCase('GET, a stream of 10,000 messages as NDJSON', 4, 10_000)
} satisfies Record<string, HopCase>

export type HopCaseName = keyof typeof hopCases

type Categories = MessageInitShape<typeof ListCategoriesResponseSchema>['categories']

function unaryCase(name: string, concurrency: number, categories: NonNullable<Categories>): HopCase {
  const { message, json } = encode(ListCategoriesResponseSchema, { categories })
  return {
    name,
    path: '/api/v1/categories',
    answers: { '/shop.product.v1.ProductService/ListCategories': { message, count: 1 } },
    part: json,
    parts: 1,
    contentType: 'application/json; charset=utf-8',
    concurrency
  }
}

function streamCase(name: string, concurrency: number, count: number): HopCase {
  const event = { seq: 1234n, text: 'Something has happened.', at: timestampFromMs(1_790_000_000_123) }
  const { message, json } = encode(TopicEventSchema, event)
  return {
    name,
    path: '/v1/topics/bench/events',
    answers: { '/fixture.v1.StreamService/WatchTopic': { message, count } },
    part: `${json}\n`,
    parts: count,
    contentType: 'application/x-ndjson',
    concurrency
  }
}

function encode<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>) {
  const message = create(desc, init)
  return {
    message: Buffer.from(toBinary(desc, message)).toString('base64'),
    json: toJsonString(desc, message, printOptions)
  }
}
