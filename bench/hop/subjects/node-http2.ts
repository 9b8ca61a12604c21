// As little as can be written over node:http2: one session, messages framed by hand, and printed by the codec of Sluice, so
// that only the hop differs.
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import Fastify from 'fastify'
import { ListCategoriesRequestSchema, ListCategoriesResponseSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import { compileToJson } from '../../../lib/codec/to-json/compile.ts'
import { TopicEventSchema, WatchTopicRequestSchema } from '../../../test/fixtures/gen/fixture/v1/streams_pb.ts'
import { sendLines } from './send-lines.ts'

const session = connect(process.env.PRODUCT_SERVICE_URL!)
const printCategories = compileToJson(ListCategoriesResponseSchema)
const printEvent = compileToJson(TopicEventSchema)
const newline = Buffer.from('\n')

function open(path: string, frame: Buffer): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers'
  })
  stream.end(frame)
  return stream
}

function unary(path: string, frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    open(path, frame)
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('trailers', (trailers: IncomingHttpHeaders) => {
        if (trailers['grpc-status'] !== '0') return reject(new Error(`grpc-status ${trailers['grpc-status']}`))
        resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).subarray(5))
      })
      .once('error', reject)
  })
}

async function* linesOf(path: string, frame: Buffer) {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of open(path, frame)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length >= at + 5) {
      const end = at + 5 + rest.readUInt32BE(at + 1)
      if (end > rest.length) break
      yield Buffer.concat([printEvent(rest.subarray(at + 5, end)), newline])
      at = end
    }
    rest = rest.subarray(at)
  }
}

function frameOf<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): Buffer {
  const message = toBinary(desc, create(desc, init))
  const frame = Buffer.alloc(5 + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, 5)
  return frame
}

const app = Fastify()
app.get('/api/v1/categories', async (_request, reply) => {
  const frame = frameOf(ListCategoriesRequestSchema, {})
  const message = await unary('/shop.product.v1.ProductService/ListCategories', frame)
  return reply.type('application/json; charset=utf-8').send(printCategories(message))
})
app.get<{ Params: { topic: string } }>('/v1/topics/:topic/events', ({ params }, reply) => {
  const frame = frameOf(WatchTopicRequestSchema, { topic: params.topic })
  return sendLines(reply, linesOf('/fixture.v1.StreamService/WatchTopic', frame))
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.send?.('ready')
