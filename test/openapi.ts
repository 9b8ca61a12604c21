import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { openApiDocument } from '../lib/openapi/document.ts'
import type { DescribedRoute } from '../lib/openapi/route.ts'
import type { OpenApiDocument, Operation, Schema } from '../lib/openapi/types.ts'

/** A request and what was answered, as a client knows them. */
export interface Exchange {
  method: string
  /** With its query. */
  path: string
  /** The JSON that was sent: a value, or its text. */
  sent: unknown
  status: number
  contentType: string
  text: string
}

/**
 * Holds answers against an OpenAPI document. It throws an AssertionError when an operation of the document was asked and its
 * answer is not as described: a status, a content type or a field that is not there, or a value that its schema refuses. A
 * body that succeeded has to be as described, too.
 */
export type Contract = (exchange: Exchange) => void

/** The document of a gateway's routes. */
export function describeRoutes(routes: readonly DescribedRoute[]): OpenApiDocument {
  return openApiDocument(routes, { info: { title: 'API', version: '1' }, commentOf: () => '' })
}

/** What a test calls a gateway with. */
type Call<Options extends { body?: unknown }, Answer> = (
  method: string,
  path: string,
  options?: Options
) => Promise<Answer>

/** Makes every call fail whose answer is not as the document of the gateway describes it. */
export function holdToContract<
  Options extends { body?: unknown },
  Answer extends { status: number; headers: Headers; body: unknown; text?: string }
>(
  call: Call<Options, Answer>,
  { transcodedRoutes }: { transcodedRoutes: readonly DescribedRoute[] }
): Call<Options, Answer> {
  let hold: Contract | null = null
  return async (method, path, options) => {
    const answer = await call(method, path, options)
    hold ??= contractOf(describeRoutes(transcodedRoutes))
    const { status, headers, body, text = JSON.stringify(body) } = answer
    hold({ method, path, sent: options?.body, status, contentType: headers.get('content-type') ?? '', text })
    return answer
  }
}

const contracts = new Map<string, Contract>()

/** The contract that a document is. Equal documents are compiled once. */
export function contractOf(document: OpenApiDocument): Contract {
  const key = JSON.stringify(document)
  const contract = contracts.get(key) ?? compile(JSON.parse(key))
  contracts.set(key, contract)
  return contract
}

interface Described {
  method: string
  pattern: RegExp
  /** Where the operation is in the document. */
  pointer: string[]
  operation: Operation
}

const root = 'openapi.json'

function compile(document: OpenApiDocument): Contract {
  const operations = operationsOf(document)
  closeObjects(document)
  const ajv = createAjv()
  ajv.addSchema({ ...document, $id: root })
  const validators = new Map<string, ValidateFunction>()

  function check(pointer: readonly string[], value: unknown, what: string): void {
    const ref = `${root}#/${pointer.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const validate = validators.get(ref) ?? ajv.compile({ $ref: ref })
    validators.set(ref, validate)
    const isValid = validate(value)
    assert.ok(isValid, `${what} is not as ${pointer.join(' ')} describes it: ${ajv.errorsText(validate.errors)}`)
  }

  return function hold({ method, path, sent, status, contentType, text }) {
    const rawPath = path.split('?', 1)[0]!
    const found = operations.find(each => each.method === method && each.pattern.test(rawPath))
    if (found === undefined) return
    const { operation, pointer } = found
    const what = `${method} ${path}: ${status} ${text}`
    const key = String(status) in operation.responses ? String(status) : 'default'
    const response = operation.responses[key]!
    const where = '$ref' in response ? response.$ref.split('/').slice(1) : [...pointer, 'responses', key]
    const { content } = ('$ref' in response ? document.components.responses[where.at(-1)!] : response) ?? {}
    if (content === undefined) return assert.equal(text, '', `${what} has no content`)
    const mediaType = contentType.split(';', 1)[0]!
    const schema = content[mediaType] ?? content['*/*']
    assert.ok(schema, `${what}: ${contentType} is not described`)
    if (schema.schema === undefined) return
    const at = [...where, 'content', mediaType, 'schema']
    for (const value of valuesOf(mediaType, text)) check(at, value, what)
    const body = operation.requestBody?.content['application/json']
    if (status < 300 && sent !== undefined && body !== undefined) {
      const at = [...pointer, 'requestBody', 'content', 'application/json', 'schema']
      check(at, typeof sent === 'string' ? JSON.parse(sent) : sent, `the body of ${what}`)
    }
  }
}

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, ownProperties: true })
  // It is a module of CommonJS, whose types say otherwise.
  const add = addFormats as unknown as (ajv: Ajv2020) => void
  add(ajv)
  return ajv
}

/** Whether a value is as a schema says that refers to nothing. */
export function compileSchema(schema: Schema): (value: unknown) => boolean {
  return createAjv().compile(schema)
}

/** All operations, those with the fewest parameters in their paths first. */
function operationsOf({ paths }: OpenApiDocument): Described[] {
  const count = (text: string) => text.split('{').length
  const sorted = Object.keys(paths).sort((a, b) => count(a) - count(b))
  return sorted.flatMap(path => {
    const text = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+')
    return Object.entries(paths[path]!).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${text}$`),
      pointer: ['paths', path, method],
      operation: operation as Operation
    }))
  })
}

/** The JSON values that a schema is about: a line, the data of an event, or all. */
function valuesOf(mediaType: string, text: string): unknown[] {
  if (mediaType === 'application/x-ndjson')
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  if (mediaType !== 'text/event-stream') return [JSON.parse(text)]
  const lines = text.split('\n').filter(line => line.startsWith('data: '))
  return lines.map(line => JSON.parse(line.slice('data: '.length)))
}

/** A document lets answers grow fields; what is not described now is a mistake all the same. */
function closeObjects({ components, paths }: OpenApiDocument): void {
  close(components)
  for (const operation of Object.values(paths).flatMap(item => Object.values(item))) close(operation.responses)
}

function close(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const schema = value as Schema
  if (schema.type === 'object' && schema.properties !== undefined) schema.additionalProperties ??= false
  for (const child of Object.values(value)) close(child)
}
