import { create, type DescField, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type HttpBody, HttpBodySchema } from '../../gen/google/api/httpbody_pb.ts'
import { getField, type LocalMessage } from '../codec/local.ts'
import type { HttpRule } from '../httprule/rules.ts'
import { PrintError } from '../transcode/errors.ts'

/** A body that is passed on as it is: what google.api.HttpBody says of it. Its `extensions` have no place in HTTP. */
export type RawBody = Pick<HttpBody, 'contentType' | 'data'>

/** Finds the HttpBody in the wire bytes of an answer; undefined when it is not set. */
export type ReadRawBody = (wire: Uint8Array) => RawBody | undefined

/** What a body is when nobody says (RFC 9110, section 8.3). */
const unknownType = 'application/octet-stream'

/** A media type with its parameters, all of it visible ASCII (RFC 9110, section 8.3.1). */
const mediaType =
  /^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~\w]+=(?:[!#$%&'*+\-.^_`|~\w]+|"[ \t!#-[\]-~]*"))*$/

function isHttpBody(desc: DescMessage | undefined): boolean {
  return desc?.typeName === HttpBodySchema.typeName
}

/** Whether the body of a request goes to the service as it is: the request is an HttpBody, or the body is a field that is. */
export function takesRawBody({ method, body }: HttpRule): boolean {
  if (body === '*') return isHttpBody(method.input)
  const field = method.input.fields.find(candidate => candidate.name === body)
  return field?.fieldKind === 'message' && isHttpBody(field.message)
}

/** Compiles the reading of an answer that is passed on as it is. Null when the rule answers with JSON. */
export function compileReadRawBody({ method, responseBody }: HttpRule): ReadRawBody | null {
  const { output } = method
  if (responseBody === '') return isHttpBody(output) ? wire => fromBinary(HttpBodySchema, wire) : null
  const field: DescField | undefined = output.fields.find(candidate => candidate.name === responseBody)
  if (field?.fieldKind !== 'message' || !isHttpBody(field.message)) return null
  return wire => getField(fromBinary(output, wire) as unknown as LocalMessage, field) as RawBody | undefined
}

/** The wire bytes of an HttpBody. */
export function rawBodyToWire(contentType: string, data: Uint8Array): Uint8Array {
  return toBinary(HttpBodySchema, create(HttpBodySchema, { contentType, data }))
}

/**
 * Headers of an answer that is passed on. The browser has to believe the content type: a guess could make a script of an
 * upload.
 *
 * @throws PrintError when the service gave a content type that is none.
 */
export function rawBodyHeaders(body: RawBody | undefined): Record<string, string> {
  const contentType = body?.contentType || unknownType
  if (!mediaType.test(contentType)) throw new PrintError(`${HttpBodySchema.typeName}: content_type is no media type`)
  return { 'content-type': contentType, 'x-content-type-options': 'nosniff' }
}
