import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { parseJson } from '../codec/json-text.ts'
import { type LocalMessage, setField } from '../codec/local.ts'
import { compileFieldPrinter, compilePrinter, type PrintMessage, type PrintOptions } from '../codec/print.ts'
import { compileFieldReader, compileReader, type ReadOptions } from '../codec/read.ts'
import { type Violation, Violations } from '../codec/violations.ts'
import { type Capture, captureFrom } from '../httprule/match.ts'
import { type HttpRule, RuleError } from '../httprule/rules.ts'
import { compileBound } from './bound.ts'
import { BindError } from './errors.ts'
import type { AddNulls } from './nulls.ts'
import { compileQuery } from './query.ts'
import { compileFillMask } from './update-mask.ts'

export interface RouteOptions extends ReadOptions {
  /** How responses are printed. Default: see PrintOptions. */
  print?: Partial<PrintOptions> | undefined
  addNulls?: AddNulls | undefined
  /**
   * The paths of the fields that the token sets. They are checked here, and are out of reach of the caller even in a
   * request that comes without the claim.
   */
  claims?: readonly string[] | undefined
  /**
   * Top-level fields that steer the call and are no part of what a PATCH updates, such as an etag. They stay out of an
   * update mask that is filled from the body.
   */
  controlFields?: readonly string[] | undefined
}

/** The parts of an HTTP request that become a message. */
export interface BindInput {
  /** As it was sent, without the query. */
  rawPath: string
  /** What `capture` found in the path, when it was asked before. */
  captured?: Map<string, string> | undefined
  /** As it was sent, without the question mark. */
  rawQuery: string
  /** The JSON text in UTF-8, as it was sent. Undefined when the request had no body. */
  body: Uint8Array | undefined
  /** What the token says, by the field paths of the options' claims: text, or any other JSON value. */
  claims?: Readonly<Record<string, unknown>> | undefined
}

/** A request, made a message of its rpc. */
export interface BoundRequest {
  /** The message in the binary format of protobuf. */
  wire: Uint8Array
  /** The message, decoded when first asked for. */
  message(): Message
}

/** Makes the JSON text of a message in the binary format, as UTF-8. Throws PrintError. */
export type PrintWire = (wire: Uint8Array) => Buffer

/** An HTTP rule, ready to serve requests. */
export interface CompiledRoute {
  rule: HttpRule
  /** The values in a path; null when the rule does not match it. Throws BindError when one is malformed. */
  capture: Capture
  /** Makes the request message. Throws BindError with everything that is wrong. */
  bind(input: BindInput): BoundRequest
  /** Makes the JSON of the response, or of the field of it that the rule answers with. */
  print: PrintWire
}

/**
 * Compiles an HTTP rule.
 *
 * @throws RuleError when a claim or a control field is not a field of the request.
 */
export function compileRoute(rule: HttpRule, options: RouteOptions = {}): CompiledRoute {
  const claims = options.claims ?? []
  const controlFields = options.controlFields ?? []
  checkControlFields(rule, controlFields)
  const capture = captureFrom(rule.template)
  const readBound = compileBound(rule, claims)
  const readBody = compileBody(rule, options)
  const readQuery = compileQuery(rule.method.input, rule.body, options.unknownFields ?? 'reject')
  const variables = rule.template.variables.map(variable => variable.fieldPath)
  const fillMask = compileFillMask(rule, [...variables, ...claims, ...controlFields])

  return {
    rule,
    capture,
    print: compileResponse(rule, options),
    bind({ rawPath, captured = capture(rawPath), rawQuery, body: text, claims }) {
      const body =
        text === undefined ? undefined : parseJson(Buffer.from(text.buffer, text.byteOffset, text.byteLength))
      const errors = new Violations()
      if (captured === null) throw new BindError(notMatched(rule))
      const fixed = readBound(captured, claims ?? {}, errors)
      const message = readBody(body, errors)
      for (const [field, value] of fixed) field.checkBody(value, body, errors)
      readQuery(rawQuery, message, fixed, errors)
      for (const [field, value] of fixed) field.apply(value, message, errors)
      const [first, ...others] = errors.list
      if (first !== undefined) throw new BindError(first, ...others)
      fillMask?.(message, body)
      const bound = message as unknown as Message
      return { wire: toBinary(rule.method.input, bound), message: () => bound }
    }
  }
}

function checkControlFields({ method, template }: HttpRule, names: readonly string[]): void {
  for (const name of names) {
    if (method.input.fields.some(field => field.name === name)) continue
    throw new RuleError(method, template.text, `control field: ${method.input.typeName} has no field "${name}"`)
  }
}

function notMatched({ template }: HttpRule): Violation {
  return { reason: 'INVALID_PATH', field: '', description: `the path does not match ${template.text}` }
}

/** Compiles how the body becomes a message: all of it, a field of it, or none. */
function compileBody(rule: HttpRule, options: ReadOptions): (body: unknown, errors: Violations) => LocalMessage {
  const { input } = rule.method
  const empty = () => create(input) as unknown as LocalMessage
  if (rule.body === '*') {
    const read = compileReader(input, options)
    return (body, errors) => (body === undefined ? empty() : (read(body, errors, '') as unknown as LocalMessage))
  }
  const field = input.fields.find(candidate => candidate.name === rule.body)
  if (field === undefined) {
    return (body, errors) => {
      if (body !== undefined) errors.add('UNEXPECTED_BODY', '', 'this method takes no body')
      return empty()
    }
  }
  const read = compileFieldReader(field, options)
  return (body, errors) => {
    const message = empty()
    const value = body === undefined ? undefined : read(body, errors)
    if (value !== undefined) setField(message, field, value)
    return message
  }
}

function compileResponse({ method, responseBody }: HttpRule, { print, addNulls }: RouteOptions): PrintWire {
  const field = method.output.fields.find(candidate => candidate.name === responseBody)
  const toValue: PrintMessage =
    field === undefined ? compilePrinter(method.output, print) : compileFieldPrinter(field, print)
  return wire => {
    const json = toValue(fromBinary(method.output, wire))
    addNulls?.(json)
    return Buffer.from(JSON.stringify(json))
  }
}
