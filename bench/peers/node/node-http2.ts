// As little as can be written over node:http2: one session, and messages framed by hand.
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { create, type DescMethod, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import Fastify from 'fastify'
import { compileToJson } from '../../../lib/codec/to-json/compile.ts'
import { ShopService } from '../../gen/bench/v1/shop_pb.ts'
import { readSettings } from './start.ts'

/** Of gRPC: a flag, and the length of the message. */
const prefixBytes = 5
const newline = Buffer.from('\n')

const { port, upstreamPort } = readSettings()
const session = connect(`http://127.0.0.1:${upstreamPort}`)
const app = Fastify()

/** What is asked for, by path and query. */
type Fields = Record<string, string>

/** A call of which the message is sent, and how what it answers is printed. */
function caller<Method extends DescMethod>(
  method: Method,
  read: (fields: Fields) => MessageInitShape<Method['input']>
) {
  const rpc = `/${method.parent.typeName}/${method.name}`
  return {
    print: compileToJson(method.output, { enums: 'name' }),
    call(fields: Fields): ClientHttp2Stream {
      const stream = session.request({
        ':method': 'POST',
        ':path': rpc,
        'content-type': 'application/grpc',
        te: 'trailers'
      })
      stream.end(frameOf(toBinary(method.input, create(method.input, read(fields)))))
      return stream
    }
  }
}

function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

function messageOf(stream: ClientHttp2Stream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('trailers', (trailers: IncomingHttpHeaders) => {
      if (trailers['grpc-status'] !== '0') return reject(new Error(`grpc-status ${trailers['grpc-status']}`))
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).subarray(prefixBytes))
    })
    stream.once('error', reject)
  })
}

async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length >= at + prefixBytes) {
      const end = at + prefixBytes + rest.readUInt32BE(at + 1)
      if (end > rest.length) break
      yield rest.subarray(at + prefixBytes, end)
      at = end
    }
    rest = rest.subarray(at)
  }
}

function get(path: string, { call, print }: ReturnType<typeof caller>): void {
  app.get<{ Params: Fields; Querystring: Fields }>(path, async ({ params, query }, reply) => {
    const message = await messageOf(call({ ...params, ...query }))
    return reply.type('application/json; charset=utf-8').send(print(message))
  })
}

function watch(path: string, { call, print }: ReturnType<typeof caller>): void {
  async function* lines() {
    for await (const message of messagesOf(call({}))) yield Buffer.concat([print(message), newline])
  }
  app.get(path, (_request, reply) => reply.type('application/x-ndjson').send(Readable.from(lines())))
}

const { getProduct, listProducts, watchEvents, getWide10, getWide50, getWide200 } = ShopService.method
const readWide = ({ id }: Fields) => ({ id: id! })
get(
  '/v1/products/:product_id',
  caller(getProduct, ({ product_id }) => ({ productId: product_id! }))
)
get(
  '/v1/products',
  caller(listProducts, ({ page_size }) => ({ pageSize: Number(page_size) }))
)
watch(
  '/v1/events',
  caller(watchEvents, () => ({}))
)
get('/v1/wide10/:id', caller(getWide10, readWide))
get('/v1/wide50/:id', caller(getWide50, readWide))
get('/v1/wide200/:id', caller(getWide200, readWide))
await app.listen({ host: '127.0.0.1', port })
