import { create, toBinary } from '@bufbuild/protobuf'
import { answers, cases } from '../../cases.ts'
import { GetProductRequestSchema } from '../../gen/bench/v1/shop_pb.ts'
import type { RawCase } from '../../peer.ts'

const path = '/bench.v1.ShopService/GetProduct'
const productId = cases.product.path.split('/').at(-1)!

export const rawProduct: RawCase = {
  method: 'POST',
  path,
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
  body: frame(toBinary(GetProductRequestSchema, create(GetProductRequestSchema, { productId }))).toString('ascii'),
  expected: frame(Buffer.from(answers[path]!.message, 'base64'))
}

/** A message with what gRPC puts before it: that it is not compressed, and its length. */
function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
