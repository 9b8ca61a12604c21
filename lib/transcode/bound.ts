import type { IncomingHttpHeaders } from 'node:http'
import { type DescField, equals, type Message } from '@bufbuild/protobuf'
import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import { isUnwrapped, type ParentField } from '../codec/local.ts'
import { fieldTextReader } from '../codec/read-text.ts'
import type { Violations } from '../codec/violations.ts'
import { fieldPath } from '../httprule/field-path.ts'
import { type HttpRule, RuleError } from '../httprule/rules.ts'
import { mismatchText, rivalText } from './bound-errors.ts'
import { compileBodyCheck } from './bound-in-body.ts'
import type { Given, Place } from './given.ts'
import type { HeaderField } from './header-fields.ts'
import { compileJsonValue } from './json-value.ts'
import { writeField } from './write-field.ts'

/** What the parts of a request besides query and body say. */
export interface BoundSources {
  /** The values in the path, by field path. */
  captured: ReadonlyMap<string, string>
  /** What the token says, by field path: text, or any other JSON value. */
  claims: Readonly<Record<string, unknown>>
  headers: IncomingHttpHeaders
}

/** Reads what the path, the token and headers set in one request. */
export type ReadBound = (sources: BoundSources, errors: Violations) => BoundValues

/**
 * The fields that are bound in one request, with their values. Undefined: the token has no such claim, and the field must
 * stay unset.
 */
export type BoundValues = ReadonlyMap<BoundField, unknown>

/**
 * A field that the path, the token or a header sets. Nothing else may give it another value, or set another field of its
 * oneof: otherwise a caller could name one resource to the access check and another to the service.
 */
export interface BoundField extends Place {
  /** Its path in proto names. */
  path: string
  /** What sets it, for error texts: `path`, `token`, `If-Match header`. */
  source: string
  /** Whether body or query may say this about it. */
  allows(bound: unknown, other: unknown): boolean
  /** Whether the JSON of the body repeats the value. Reports what it says that is not allowed. */
  isInBody(value: unknown, json: () => unknown, errors: Violations): boolean
  /** Reports another field of its oneof that the query gave. */
  checkQuery(value: unknown, given: Given, errors: Violations): void
  /** Writes it, behind everything else. Undefined leaves it unset. */
  write(value: unknown, inBody: boolean, writer: BinaryWriter): void
}

/**
 * Compiles the fields that the path, the token and headers set.
 *
 * @param claims the paths of the fields that the token sets.
 * @throws RuleError when a claim or a header names no field that can be set.
 */
export function compileBound(rule: HttpRule, claims: readonly string[], headers: readonly HeaderField[]): ReadBound {
  const variables = rule.template.variables.map(variable => compileField(rule, variable.fieldPath, 'path'))
  const tokenFields = claims.map(path => compileField(rule, path, 'token'))
  const headerFields = headers.map(header => ({ header, field: compileHeaderField(rule, header) }))
  return (sources, errors) => {
    const bound = new Map<BoundField, unknown>()
    for (const field of variables) bound.set(field, field.read(sources.captured.get(field.path), errors))
    for (const field of tokenFields) {
      const value = field.read(sources.claims[field.path], errors)
      const variable = variables.find(candidate => candidate.path === field.path)
      if (variable !== undefined && !field.allows(value, bound.get(variable))) {
        errors.add('BOUND_FIELD', field.path, mismatchText('token'))
      }
      bound.set(field, value)
    }
    for (const { header, field } of headerFields) {
      const text = header.read(sources.headers)
      if (text !== undefined) bound.set(field, field.read(text, errors))
    }
    return bound
  }
}

interface CompiledField extends BoundField {
  /** Reads the value that is bound: text, or any other JSON value. */
  read(value: unknown, errors: Violations): unknown
}

function compileHeaderField(rule: HttpRule, { field, name, wins }: HeaderField): CompiledField {
  return compileField(
    rule,
    field,
    `${name} header`,
    wins ? () => true : (bound, other) => other === '' || bound === other
  )
}

function compileField(rule: HttpRule, path: string, source: string, allows?: BoundField['allows']): CompiledField {
  const fields = fieldPath(rule.method.input, path)
  if (typeof fields === 'string') throw new RuleError(rule.method, rule.template.text, fields)
  const parents = fields.slice(0, -1) as ParentField[]
  const field = fields.at(-1)!
  const paths = path.split('.').map((_name, index, names) => names.slice(0, index + 1).join('.'))
  const place: Place = { parents, field, paths }
  const readText = fieldTextReader(field)!
  const readJson = compileJsonValue(field)
  const mayBe = allows ?? comparer(field)
  return {
    ...place,
    path,
    source,
    allows: mayBe,
    read(value, errors) {
      if (value === undefined || value === null) return undefined
      const before = errors.list.length
      const read = typeof value === 'string' ? readText(value, errors) : readJson(value, errors)
      errors.prefix(before, path)
      return read
    },
    isInBody: compileBodyCheck(fields, rule.body, source, mayBe),
    checkQuery(value, given, errors) {
      const rival = value === undefined ? undefined : given.rivalOf(place)
      if (rival !== undefined) errors.add('BOUND_FIELD', rival.key, rivalText(field, source))
    },
    write(value, inBody, writer) {
      // Two messages of one field are merged, and their lists are joined: one is enough, as they are the same.
      if (value === undefined || (inBody && field.message !== undefined)) return
      writeField(writer, parents, field, value)
    }
  }
}

function comparer(field: DescField): BoundField['allows'] {
  if (field.fieldKind === 'message' && !isUnwrapped(field)) {
    const { message } = field
    return (a, b) => a !== undefined && b !== undefined && equals(message, a as Message, b as Message)
  }
  return (a, b) => {
    if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
    return Object.is(a, b)
  }
}
