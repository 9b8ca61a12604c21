// The naive build: generated clients of connect over its gRPC transport for Node, messages printed by protobuf-es.
import { Readable } from 'node:stream'
import { create, type DescMessage, fromJson, type MessageShape, toJsonString } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import Fastify, { type FastifyReply } from 'fastify'
import {
  CreateOrderRequestSchema,
  EventSchema,
  GetProductRequestSchema,
  ListProductsRequestSchema,
  ListProductsResponseSchema,
  OrderSchema,
  ProductSchema,
  ShopService
} from '../../../gen/bench/v1/shop_pb.ts'
import { readSettings } from '../start.ts'
import { concerns, type ThroughCircuit } from './concerns.ts'

const settings = readSettings()
const transport = createGrpcTransport({
  baseUrl: `http://127.0.0.1:${settings.upstreamPort}`,
  defaultTimeoutMs: 5000
})
const client = createClient(ShopService, transport)
const printOptions = { useProtoFieldName: true, alwaysEmitImplicit: true }

const app = Fastify({ bodyLimit: 2 * 1024 * 1024, logger: settings.mode === 'full' && { level: 'warn' } })
let throughCircuit: ThroughCircuit = call => call()
if (settings.mode === 'full') throughCircuit = await concerns(app, settings)

app.get<{ Params: { product_id: string } }>('/v1/products/:product_id', async ({ params }, reply) => {
  const request = create(GetProductRequestSchema, { productId: params.product_id })
  return answer(reply, ProductSchema, await throughCircuit(() => client.getProduct(request)))
})

app.get<{ Querystring: { page_size?: string } }>('/v1/products', async ({ query }, reply) => {
  const request = create(ListProductsRequestSchema, { pageSize: Number(query.page_size ?? 0) })
  return answer(reply, ListProductsResponseSchema, await throughCircuit(() => client.listProducts(request)))
})

app.post('/v1/orders', async ({ body }, reply) => {
  const request = fromJson(CreateOrderRequestSchema, body as never)
  return answer(reply, OrderSchema, await throughCircuit(() => client.createOrder(request)))
})

app.get('/v1/events', async (_request, reply) => reply.type('application/x-ndjson').send(Readable.from(lines())))

await app.listen({ host: '127.0.0.1', port: settings.port })

function answer<Desc extends DescMessage>(reply: FastifyReply, desc: Desc, message: MessageShape<Desc>) {
  return reply.type('application/json; charset=utf-8').send(toJsonString(desc, message, printOptions))
}

async function* lines() {
  for await (const event of client.watchEvents({})) {
    yield Buffer.from(`${toJsonString(EventSchema, event, printOptions)}\n`)
  }
}
