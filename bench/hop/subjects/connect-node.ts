// What one writes first: a generated client of connect, over its gRPC transport for Node, and messages printed by protobuf-es.
import { toJsonString } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import Fastify from 'fastify'
import { ListCategoriesResponseSchema, ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { StreamService, TopicEventSchema } from '../../../test/fixtures/gen/fixture/v1/streams_pb.ts'
import { printOptions } from '../cases.ts'
import { sendLines } from './send-lines.ts'

const transport = createGrpcTransport({ baseUrl: process.env.PRODUCT_SERVICE_URL!, readMaxBytes: 4 * 1024 * 1024 })
const products = createClient(ProductService, transport)
const streams = createClient(StreamService, transport)

async function* linesOf(topic: string) {
  for await (const event of streams.watchTopic({ topic })) {
    yield Buffer.from(`${toJsonString(TopicEventSchema, event, printOptions)}\n`)
  }
}

const app = Fastify()
app.get('/api/v1/categories', async (_request, reply) => {
  const message = await products.listCategories({}, { timeoutMs: 5000 })
  return reply
    .type('application/json; charset=utf-8')
    .send(toJsonString(ListCategoriesResponseSchema, message, printOptions))
})
app.get<{ Params: { topic: string } }>('/v1/topics/:topic/events', ({ params }, reply) =>
  sendLines(reply, linesOf(params.topic))
)
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.send?.('ready')
