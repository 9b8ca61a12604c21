// As little as can be written over node:http2: one session, and one message each way.
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import Fastify from 'fastify'
import { compileToJson } from '../../../lib/codec/to-json/compile.ts'
import { GetProductRequestSchema, ProductSchema } from '../../gen/bench/v1/shop_pb.ts'
import { readSettings } from './start.ts'

/** Of gRPC: a flag, and the length of the message. */
const prefixBytes = 5

const { port, upstreamPort } = readSettings()
const session = connect(`http://127.0.0.1:${upstreamPort}`)
const print = compileToJson(ProductSchema, { enums: 'name' })

function getProduct(frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const stream = session.request({
      ':method': 'POST',
      ':path': '/bench.v1.ShopService/GetProduct',
      'content-type': 'application/grpc',
      te: 'trailers'
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('trailers', (trailers: IncomingHttpHeaders) => {
      if (trailers['grpc-status'] !== '0') return reject(new Error(`grpc-status ${trailers['grpc-status']}`))
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).subarray(prefixBytes))
    })
    stream.once('error', reject)
    stream.end(frame)
  })
}

function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

const app = Fastify()
app.get<{ Params: { product_id: string } }>('/v1/products/:product_id', async ({ params }, reply) => {
  const request = create(GetProductRequestSchema, { productId: params.product_id })
  const message = await getProduct(frameOf(toBinary(GetProductRequestSchema, request)))
  return reply.type('application/json; charset=utf-8').send(print(message))
})
await app.listen({ host: '127.0.0.1', port })
