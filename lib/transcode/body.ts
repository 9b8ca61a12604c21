import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { compileFieldToWire, compileToWire, type ToWire, type ToWireOptions } from '../codec/to-wire/compile.ts'
import type { Violations } from '../codec/violations.ts'
import type { HttpRule } from '../httprule/rules.ts'
import { takesRawBody } from '../stream/http-body.ts'

/** The body of one request. */
export interface Body {
  /** What it sets, as wire format of the request. Empty when it sets nothing. */
  wire: Uint8Array
  /** Its JSON, parsed when first asked for; undefined when it has none. Only for texts that could be read to their end. */
  json(): unknown
}

/**
 * Reads the body of a request from its JSON text in UTF-8, or from the wire bytes of the google.api.HttpBody that the rule
 * takes; undefined when there was none.
 *
 * @throws BindError when the text is no JSON.
 */
export type ReadBody = (text: Uint8Array | undefined, errors: Violations) => Body

const nothing: Body = { wire: new Uint8Array(0), json: () => undefined }

/** Compiles how the body becomes a part of the request: all of it, a field of it, or none. */
export function compileBody(rule: HttpRule, options: ToWireOptions): ReadBody {
  if (takesRawBody(rule)) return compileRawBody(rule)
  const toWire = compileContent(rule, options)
  return (text, errors) => {
    if (text === undefined) return nothing
    if (toWire !== undefined) return { wire: toWire(text, errors), json: parsedOnce(text) }
    errors.add('UNEXPECTED_BODY', '', 'this method takes no body')
    return nothing
  }
}

function compileRawBody({ method, body }: HttpRule): ReadBody {
  const field = method.input.fields.find(candidate => candidate.name === body)
  return httpBody => {
    if (httpBody === undefined) return nothing
    if (field === undefined) return { ...nothing, wire: httpBody }
    const writer = new BinaryWriter()
    writer.tag(field.number, WireType.LengthDelimited).bytes(httpBody)
    return { ...nothing, wire: writer.finish() }
  }
}

function compileContent({ method, body }: HttpRule, options: ToWireOptions): ToWire | undefined {
  if (body === '*') return compileToWire(method.input, options)
  const field = method.input.fields.find(candidate => candidate.name === body)
  return field === undefined ? undefined : compileFieldToWire(field, options)
}

function parsedOnce(text: Uint8Array): () => unknown {
  let json: unknown
  return () => {
    json ??= JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString())
    return json
  }
}
