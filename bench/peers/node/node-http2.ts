// As little as can be written over node:http2: one session, and one message each way.
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { create, type DescMethodUnary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import Fastify from 'fastify'
import { compileToJson } from '../../../lib/codec/to-json/compile.ts'
import { GetProductRequestSchema, ShopService } from '../../gen/bench/v1/shop_pb.ts'
import { GetWideRequestSchema } from '../../gen/bench/v1/wide_pb.ts'
import { readSettings } from './start.ts'

/** Of gRPC: a flag, and the length of the message. */
const prefixBytes = 5

const { port, upstreamPort } = readSettings()
const session = connect(`http://127.0.0.1:${upstreamPort}`)

function call(rpc: string, frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const stream = session.request({
      ':method': 'POST',
      ':path': rpc,
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

/** @param read makes the message that is sent of the parameters of the path */
function get<Method extends DescMethodUnary>(
  path: string,
  method: Method,
  read: (params: Record<string, string>) => MessageShape<Method['input']>
): void {
  const rpc = `/${method.parent.typeName}/${method.name}`
  const print = compileToJson(method.output, { enums: 'name' })
  app.get<{ Params: Record<string, string> }>(path, async ({ params }, reply) => {
    const message = await call(rpc, frameOf(toBinary(method.input, read(params))))
    return reply.type('application/json; charset=utf-8').send(print(message))
  })
}

function readWide({ id }: Record<string, string>) {
  return create(GetWideRequestSchema, { id: id! })
}

const { getProduct, getWide10, getWide50, getWide200 } = ShopService.method
get('/v1/products/:product_id', getProduct, ({ product_id }) =>
  create(GetProductRequestSchema, { productId: product_id! })
)
get('/v1/wide10/:id', getWide10, readWide)
get('/v1/wide50/:id', getWide50, readWide)
get('/v1/wide200/:id', getWide200, readWide)
await app.listen({ host: '127.0.0.1', port })
