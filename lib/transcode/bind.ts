import type { IncomingHttpHeaders } from 'node:http'
import { fromBinary, type Message } from '@bufbuild/protobuf'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Violation as RuleViolation } from '@bufbuild/protovalidate'
import { compileFieldToJson, compileToJson, type ToJson, type ToJsonOptions } from '../codec/to-json/compile.ts'
import type { ToWireOptions } from '../codec/to-wire/compile.ts'
import { Violations } from '../codec/violations.ts'
import { type Capture, captureFrom } from '../httprule/match.ts'
import type { HttpRule } from '../httprule/rules.ts'
import { compileBody } from './body.ts'
import { type BoundField, type BoundValues, compileBound } from './bound.ts'
import { BindError } from './errors.ts'
import { Given } from './given.ts'
import type { HeaderField } from './header-fields.ts'
import { compileQuery } from './query.ts'
import { type RequestParts, requestPath } from './request-path.ts'
import { compileFillMask } from './update-mask.ts'
import { compileValidation } from './validation.ts'

export interface RouteOptions extends ToWireOptions {
  /** How responses are printed. Default: see ToJsonOptions. */
  print?: Partial<ToJsonOptions> | undefined
  /**
   * The paths of the fields that the token sets. They are checked here, and are out of reach of the caller even in a
   * request that comes without the claim.
   */
  claims?: readonly string[] | undefined
  /**
   * The fields that headers set. They steer the call and are no part of what a PATCH updates: they stay out of an update
   * mask that is filled from the body.
   */
  headers?: readonly HeaderField[] | undefined
}

/** The parts of an HTTP request that become a message. */
export interface BindInput {
  /** As it was sent, without the query. */
  rawPath: string
  /** What `capture` found in the path, when it was asked before. */
  captured?: ReadonlyMap<string, string> | undefined
  /** As it was sent, without the question mark. */
  rawQuery: string
  /**
   * The JSON text in UTF-8, as it was sent; the wire bytes of the google.api.HttpBody where the rule takes one. Undefined
   * when the request had no body.
   */
  body: Uint8Array | undefined
  /** What the token says, by the field paths of the options' claims: text, or any other JSON value. */
  claims?: Readonly<Record<string, unknown>> | undefined
  headers?: IncomingHttpHeaders | undefined
}

/** A request, made a message of its rpc. */
export interface BoundRequest {
  /** The message in the wire format of protobuf. */
  wire: Uint8Array
  /** The message, decoded when first asked for. */
  message(): Message
}

/** An HTTP rule, ready to serve requests. */
export interface CompiledRoute {
  rule: HttpRule
  /** The values in a path; null when the rule does not match it. Throws BindError when one is malformed. */
  capture: Capture
  /** Makes the request message. Throws BindError with everything that is wrong, RequestError for a bad header. */
  bind(input: BindInput): BoundRequest
  /** Makes the JSON of the response, or of the field of it that the rule answers with. */
  print: ToJson
}

/** All requests are written with it, one after the other. One for each would begin with a kilobyte of its own. */
const sharedWriter = new BinaryWriter()

/**
 * Compiles an HTTP rule.
 *
 * A request is put together from wire bytes: those of the body, then those of the query, then those that path, token and
 * headers set, then those of an update mask. A parser of protobuf merges them in this order.
 *
 * @throws RuleError when a claim or a header is bound to no field of the request.
 * @throws StartError when a validation rule of the request cannot be compiled.
 */
export function compileRoute(rule: HttpRule, options: RouteOptions = {}): CompiledRoute {
  const { claims = [], headers = [], unknownFields = 'reject' } = options
  const { input } = rule.method
  const capture = captureFrom(rule.template)
  const readBound = compileBound(rule, claims, headers)
  const readBody = compileBody(rule, options)
  const bodyField = input.fields.find(field => field.name === rule.body)
  const readQuery = compileQuery(input, rule.body, unknownFields)
  const variables = rule.template.variables.map(variable => variable.fieldPath)
  const fillMask = compileFillMask(rule, [...variables, ...claims, ...headers.map(({ field }) => field)])
  const validate = compileValidation(input)

  function bind(input: BindInput, writer: BinaryWriter): BoundRequest {
    const { rawPath, captured = capture(rawPath) ?? undefined, rawQuery, body: text, claims = {}, headers = {} } = input
    if (captured === undefined) throw notMatched(rule)
    const errors = new Violations()
    const given = new Given()
    const bound = readBound({ captured, claims, headers }, errors)
    const body = readBody(text, errors)
    const inBody = findInBody(bound, body.json, errors)
    if (bodyField !== undefined && body.wire.length > 0) given.addBody(bodyField)
    readQuery(rawQuery, { bound, given, writer }, errors)
    for (const [field, value] of bound) field.checkQuery(value, given, errors)
    throwIfAny(errors)
    for (const [field, value] of bound) field.write(value, inBody.has(field), writer)
    fillMask?.(body.json(), given, writer)
    const request = boundRequest(rule, concat(body.wire, writer.finish()))
    const broken = validate?.(request.message(), request.wire.length) ?? []
    if (broken.length > 0) throw notValid(broken, rule, { bound, given, json: body.json() })
    return request
  }

  return {
    rule,
    capture,
    print: compileResponse(rule, options.print),
    bind(input) {
      try {
        return bind(input, sharedWriter)
      } catch (error) {
        // What this one wrote is not to be a part of the next.
        sharedWriter.finish()
        throw error
      }
    }
  }
}

function notMatched({ template }: HttpRule): BindError {
  const description = `the path does not match ${template.text}`
  return new BindError({ reason: 'INVALID_PATH', field: '', description })
}

/** The bound fields that the body has too, with the same values. */
function findInBody(bound: BoundValues, json: () => unknown, errors: Violations): ReadonlySet<BoundField> {
  const found = new Set<BoundField>()
  // Of a text with as much wrong as is told, the rest has not been read, and may be no JSON.
  if (errors.full) return found
  for (const [field, value] of bound) if (field.isInBody(value, json, errors)) found.add(field)
  return found
}

function throwIfAny({ list: [first, ...others] }: Violations): void {
  if (first !== undefined) throw new BindError(first, ...others)
}

function concat(body: Uint8Array, others: Uint8Array): Uint8Array {
  if (others.length === 0) return body
  return body.length === 0 ? others : Buffer.concat([body, others])
}

function boundRequest({ method }: HttpRule, wire: Uint8Array): BoundRequest {
  let decoded: Message | undefined
  return {
    wire,
    message() {
      decoded ??= fromBinary(method.input, wire)
      return decoded
    }
  }
}

function notValid(broken: readonly RuleViolation[], { body }: HttpRule, parts: RequestParts): BindError {
  const errors = new Violations()
  for (const { field, message } of broken) errors.add('VALIDATION_FAILED', requestPath(field, body, parts), message)
  const [first, ...others] = errors.list
  return new BindError(first!, ...others)
}

function compileResponse({ method, responseBody }: HttpRule, print?: Partial<ToJsonOptions>): ToJson {
  const field = method.output.fields.find(candidate => candidate.name === responseBody)
  return field === undefined ? compileToJson(method.output, print) : compileFieldToJson(field, print)
}
