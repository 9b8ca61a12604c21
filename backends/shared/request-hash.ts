import { createHash } from 'node:crypto'
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'

/**
 * What an idempotency key is bound to: the SHA-256 of a request. Pass the request without its key and without what may
 * differ between two sendings of one request.
 */
export function requestHash<Desc extends DescMessage>(schema: Desc, request: MessageShape<Desc>): Buffer {
  return createHash('sha256').update(toBinary(schema, request)).digest()
}
