import { METHODS } from 'node:http'
import { type DescMessage, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf'
import { http } from '../../gen/google/api/annotations_pb.ts'
import type { HttpRule as HttpRuleOption } from '../../gen/google/api/http_pb.ts'
import { fieldPath } from './field-path.ts'
import { parseTemplate, type Template, TemplateError } from './template.ts'

/** One way to call a method over HTTP: google.api.HttpRule, parsed and checked. */
export interface HttpRule {
  method: DescMethod
  /** `GET`, any other method as HTTP writes it, or `*` for all. */
  httpMethod: string
  template: Template
  /** Empty: no body. `*`: the whole request that is not in the path. Else the name of the field that is the body. */
  body: '' | '*' | string
  /** The name of the field of the response that is answered. Empty: the whole response. */
  responseBody: string
}

/** A rule that cannot be served. Its message names the file, the rpc, the template and the column. */
export class RuleError extends Error {
  /** The proto file: `shop/order/v1/order.proto`. */
  readonly file: string
  /** The full name of the rpc: `shop.order.v1.OrderService.GetOrder`. */
  readonly rpc: string
  /** The template as written. */
  readonly template: string
  /** Where in the template, from 1; null when the template is not what is wrong. */
  readonly column: number | null

  constructor(method: DescMethod, template: string, description: string, column: number | null = null) {
    const rpc = `${method.parent.typeName}.${method.name}`
    // protobuf-es leaves the extension off the name of a file.
    const file = `${method.parent.file.name}.proto`
    super(`${file}: ${rpc}: "${template}": ${description}`)
    this.name = 'RuleError'
    this.file = file
    this.rpc = rpc
    this.template = template
    this.column = column
  }
}

/** What `custom.kind` may be. CONNECT asks for a tunnel and has no path (RFC 9110, section 9.3.6). */
const customKinds: ReadonlySet<string> = new Set(['*', ...METHODS.filter(method => method !== 'CONNECT')])

/**
 * The rules that the option google.api.http gives a method: the first and its additional bindings. Empty without one.
 *
 * @throws RuleError when a rule breaks what google/api/http.proto demands, or names a field that is not there.
 */
export function httpRules(method: DescMethod): HttpRule[] {
  if (!hasOption(method, http)) return []
  const option = getOption(method, http)
  return [option, ...option.additionalBindings].map((rule, index) => compileRule(method, rule, index > 0))
}

function compileRule(method: DescMethod, option: HttpRuleOption, additional: boolean): HttpRule {
  const [httpMethod, text] = patternOf(method, option)
  if (additional && option.additionalBindings.length > 0) {
    throw new RuleError(method, text, 'an additional binding cannot have additional bindings')
  }
  const template = parse(method, text)
  checkVariables(method, template)
  checkBody(method, httpMethod, template, option.body)
  if (option.responseBody !== '' && !hasField(method.output, option.responseBody)) {
    const description = `response_body: ${method.output.typeName} has no field "${option.responseBody}"`
    throw new RuleError(method, text, description)
  }
  return { method, httpMethod, template, body: option.body, responseBody: option.responseBody }
}

function patternOf(method: DescMethod, { pattern }: HttpRuleOption): [httpMethod: string, template: string] {
  if (pattern.case === undefined) throw new RuleError(method, '', 'the rule has no path')
  if (pattern.case !== 'custom') return [pattern.case.toUpperCase(), pattern.value]
  const { kind, path } = pattern.value
  if (!customKinds.has(kind)) {
    throw new RuleError(method, path, `custom.kind: "${kind}" is not a method that a request can have`)
  }
  return [kind, path]
}

function parse(method: DescMethod, text: string): Template {
  try {
    return parseTemplate(text)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new RuleError(method, text, error.message, error.column)
  }
}

function checkVariables(method: DescMethod, { text, variables }: Template): void {
  for (const variable of variables) {
    const fields = fieldPath(method.input, variable.fieldPath)
    if (typeof fields === 'string') {
      throw new RuleError(method, text, `${fields}, at column ${variable.column}`, variable.column)
    }
    const inside = variables.find(other => variable.fieldPath.startsWith(`${other.fieldPath}.`))
    if (inside !== undefined) {
      const description = `"${variable.fieldPath}" is part of "${inside.fieldPath}", at column ${variable.column}`
      throw new RuleError(method, text, description, variable.column)
    }
  }
}

function checkBody(method: DescMethod, httpMethod: string, { text, variables }: Template, body: string): void {
  if (body === '') return
  if (httpMethod === 'GET' || httpMethod === 'HEAD') {
    throw new RuleError(method, text, `body: a ${httpMethod} request has none (RFC 9110, section 9.3.1)`)
  }
  if (body === '*') return
  if (!hasField(method.input, body)) {
    throw new RuleError(method, text, `body: ${method.input.typeName} has no field "${body}"`)
  }
  const variable = variables.find(candidate => candidate.fieldPath === body)
  if (variable !== undefined) {
    throw new RuleError(method, text, `body: "${body}" is in the path, at column ${variable.column}`, variable.column)
  }
}

function hasField(desc: DescMessage, name: string): boolean {
  return desc.fields.some(field => field.name === name)
}
