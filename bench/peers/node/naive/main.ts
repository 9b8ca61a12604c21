// The naive build: a generated client of connect over its gRPC transport for Node, messages printed by protobuf-es.
import { Readable } from 'node:stream'
import { create, type DescMessage, fromJson, type JsonValue, type MessageShape, toJsonString } from '@bufbuild/protobuf'
import { type Client, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
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
import { GetWideRequestSchema, Wide10Schema, Wide50Schema, Wide200Schema } from '../../../gen/bench/v1/wide_pb.ts'
import { bodyLimit, readSettings } from '../start.ts'
import { inWorkers } from '../workers.ts'
import { concerns, type ThroughCircuit } from './concerns.ts'
import { traceCalls } from './trace-calls.ts'

type Product = FastifyRequest<{ Params: { product_id: string } }>
type Products = FastifyRequest<{ Querystring: { page_size?: string } }>
type Wide = FastifyRequest<{ Params: { id: string } }>
type Order = FastifyRequest<{ Body: JsonValue }>

const settings = readSettings()
const isFull = settings.mode === 'full'
const printOptions = { useProtoFieldName: true, alwaysEmitImplicit: true }

await inWorkers(settings.workers, serve)

async function serve() {
  const app = Fastify({ bodyLimit, logger: isFull && { level: 'warn' } })
  const throughCircuit: ThroughCircuit = isFull ? await concerns(app, settings) : call => call()
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${settings.upstreamPort}`,
    defaultTimeoutMs: 5000,
    interceptors: isFull ? [traceCalls()] : []
  })
  const client = createClient(ShopService, transport)

  async function getProduct({ params }: Product, reply: FastifyReply) {
    const request = create(GetProductRequestSchema, { productId: params.product_id })
    return answer(reply, ProductSchema, await throughCircuit(() => client.getProduct(request)))
  }

  app.get('/v1/products/:product_id', getProduct)
  for (let index = 0; index < settings.extraRoutes; index++) app.get(`/v1/filler/${index}/:product_id`, getProduct)

  app.get('/v1/products', async ({ query }: Products, reply) => {
    const request = create(ListProductsRequestSchema, { pageSize: Number(query.page_size ?? 0) })
    return answer(reply, ListProductsResponseSchema, await throughCircuit(() => client.listProducts(request)))
  })

  app.post('/v1/orders', async ({ body }: Order, reply) => {
    const request = fromJson(CreateOrderRequestSchema, body)
    return answer(reply, OrderSchema, await throughCircuit(() => client.createOrder(request)))
  })

  app.get('/v1/wide10/:id', async ({ params }: Wide, reply) => {
    const request = create(GetWideRequestSchema, { id: params.id })
    return answer(reply, Wide10Schema, await throughCircuit(() => client.getWide10(request)))
  })

  app.get('/v1/wide50/:id', async ({ params }: Wide, reply) => {
    const request = create(GetWideRequestSchema, { id: params.id })
    return answer(reply, Wide50Schema, await throughCircuit(() => client.getWide50(request)))
  })

  app.get('/v1/wide200/:id', async ({ params }: Wide, reply) => {
    const request = create(GetWideRequestSchema, { id: params.id })
    return answer(reply, Wide200Schema, await throughCircuit(() => client.getWide200(request)))
  })

  app.get('/v1/events', async (_request, reply) =>
    reply.type('application/x-ndjson').send(Readable.from(eventLines(client)))
  )

  await app.listen({ host: '127.0.0.1', port: settings.port })
}

function answer<Desc extends DescMessage>(reply: FastifyReply, desc: Desc, message: MessageShape<Desc>) {
  return reply.type('application/json; charset=utf-8').send(toJsonString(desc, message, printOptions))
}

async function* eventLines(client: Client<typeof ShopService>) {
  for await (const event of client.watchEvents({})) {
    yield Buffer.from(`${toJsonString(EventSchema, event, printOptions)}\n`)
  }
}
