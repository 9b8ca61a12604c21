import { createHash } from 'node:crypto'
import { clearField, clone, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'

/** What an idempotency key is bound to: the SHA-256 of a request without its `request_id`. */
export function requestHash<Desc extends DescMessage>(schema: Desc, request: MessageShape<Desc>): Buffer {
  const unkeyed = clone(schema, request)
  for (const field of schema.fields) if (field.name === 'request_id') clearField(unkeyed, field)
  return createHash('sha256').update(toBinary(schema, unkeyed)).digest()
}
