import type { IncomingHttpHeaders } from 'node:http'
import type { DescMessage, Message } from '@bufbuild/protobuf'
import { readIdempotencyKey } from '../http/idempotency-key.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'
import { BindError } from './errors.ts'

/** Sets the fields that the policy takes from headers. Throws BindError when the request gives them another value. */
export type BindHeaders = (message: Message, headers: IncomingHttpHeaders) => void

type HeaderPolicy = Pick<RoutePolicy, 'idempotencyKeyField' | 'ifMatchField'>

/**
 * Compiles the binding of `Idempotency-Key` and `If-Match`. Both name a field that is one string; the policy was checked
 * for that.
 */
export function compileBindHeaders(
  input: DescMessage,
  { idempotencyKeyField, ifMatchField }: HeaderPolicy
): BindHeaders {
  const bindKey = fieldSetter(input, idempotencyKeyField, 'Idempotency-Key')
  const bindMatch = fieldSetter(input, ifMatchField, 'If-Match')
  return (message, headers) => {
    if (bindKey !== null) bindKey(message, readIdempotencyKey(headers['idempotency-key']))
    if (bindMatch !== null) bindMatch(message, headers['if-match'])
  }
}

function fieldSetter({ fields }: DescMessage, name: string, header: string) {
  const field = fields.find(candidate => candidate.name === name)
  if (field === undefined) return null
  return (message: Message, value: string | undefined): void => {
    if (value === undefined) return
    const target = message as unknown as Record<string, unknown>
    const given = target[field.localName]
    if (given !== undefined && given !== '' && given !== value) {
      const description = `must be left out or be what the ${header} header says`
      throw new BindError({ reason: 'BOUND_FIELD', field: name, description })
    }
    target[field.localName] = value
  }
}
