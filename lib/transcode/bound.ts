import { type DescField, equals, type Message } from '@bufbuild/protobuf'
import { childOf, isUnwrapped, type LocalMessage, type ParentField, rivalOf, setField } from '../codec/local.ts'
import { compileFieldReader } from '../codec/read.ts'
import type { ReadText, ReadValue } from '../codec/read-scalar.ts'
import { fieldTextReader } from '../codec/read-text.ts'
import { Violations } from '../codec/violations.ts'
import { fieldPath } from '../httprule/field-path.ts'
import { type HttpRule, RuleError } from '../httprule/rules.ts'

/** Reads what the path and the token set in one request, given the values in the path and in the token by field path. */
export type ReadBound = (
  captured: ReadonlyMap<string, string>,
  claimed: Readonly<Record<string, unknown>>,
  errors: Violations
) => BoundValues

/**
 * The fields that are bound in one request, with their values. Undefined: the token has no such claim, and the field must
 * stay unset.
 */
export type BoundValues = ReadonlyMap<BoundField, unknown>

/**
 * A field that the path or the token sets. Nothing else may give it another value, or set another field of its oneof:
 * otherwise a caller could name one resource to the access check and another to the service.
 */
export interface BoundField {
  /** Its path in proto names. */
  path: string
  source: 'path' | 'token'
  /** Reads the value that is bound. */
  readText: ReadText
  readJson: ReadValue
  /** Whether two values of it are the same. */
  same(a: unknown, b: unknown): boolean
  /** Reports what the body says about it that is not the same. */
  checkBody(value: unknown, body: unknown, errors: Violations): void
  /** Sets it, after everything else was read. Undefined leaves it unset. */
  apply(value: unknown, message: LocalMessage, errors: Violations): void
}

/**
 * Compiles the fields that the path and the token set.
 *
 * @param claims the paths of the fields that the token sets.
 * @throws RuleError when a claim names no field that can be set.
 */
export function compileBound(rule: HttpRule, claims: readonly string[]): ReadBound {
  const variables = rule.template.variables.map(variable => compileBoundField(rule, variable.fieldPath, 'path'))
  const tokenFields = claims.map(path => compileBoundField(rule, path, 'token'))
  return (captured, claimed, errors) => {
    const bound = new Map<BoundField, unknown>()
    for (const field of variables) bound.set(field, readBound(field, captured.get(field.path), errors))
    for (const field of tokenFields) {
      const value = readBound(field, claimed[field.path], errors)
      const variable = variables.find(candidate => candidate.path === field.path)
      if (variable !== undefined && !field.same(value, bound.get(variable))) {
        errors.add('BOUND_FIELD', field.path, mismatchOf('token'))
      }
      bound.set(field, value)
    }
    return bound
  }
}

function readBound(field: BoundField, value: unknown, errors: Violations): unknown {
  if (value === undefined || value === null) return undefined
  const before = errors.list.length
  const read = typeof value === 'string' ? field.readText(value, errors) : field.readJson(value, errors)
  errors.prefix(before, field.path)
  return read
}

function compileBoundField(rule: HttpRule, path: string, source: BoundField['source']): BoundField {
  const fields = fieldPath(rule.method.input, path)
  if (typeof fields === 'string') throw new RuleError(rule.method, rule.template.text, fields)
  const leaf = fields.at(-1)!
  const readJson = compileFieldReader(leaf)
  const same = comparer(leaf)
  return {
    path,
    source,
    readText: fieldTextReader(leaf)!,
    readJson,
    same,
    checkBody: bodyCheck(fields, rule.body, (value, json) => {
      const unread = new Violations()
      const other = readJson(json, unread)
      // What cannot be read, the reader of the whole body reports.
      return other === undefined || unread.list.length > 0 || same(value, other) ? undefined : mismatchOf(source)
    }),
    apply: setter(fields, source)
  }
}

/** Compiles the setting of a bound value. */
function setter(fields: DescField[], source: BoundField['source']): BoundField['apply'] {
  const parents = fields.slice(0, -1) as ParentField[]
  const leaf = fields.at(-1)!
  return (value, message, errors) => {
    if (value === undefined) return
    let holder = message
    for (const parent of parents) {
      if (hasRival(holder, parent, source, errors)) return
      holder = childOf(holder, parent)
    }
    if (!hasRival(holder, leaf, source, errors)) setField(holder, leaf, value)
  }
}

/** What is told about a field that has another value than the bound one. */
export function mismatchOf(source: BoundField['source']): string {
  return `must be left out or be what the ${source} says`
}

function hasRival(message: LocalMessage, field: DescField, source: string, errors: Violations): boolean {
  const rival = rivalOf(message, field)
  if (rival === undefined) return false
  errors.add('BOUND_FIELD', rival.name, `must not be set beside "${field.name}", which the ${source} sets`)
  return true
}

function comparer(field: DescField): BoundField['same'] {
  if (field.fieldKind === 'message' && !isUnwrapped(field)) {
    const { message } = field
    return (a, b) => a !== undefined && equals(message, a as Message, b as Message)
  }
  return (a, b) => {
    if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
    return Object.is(a, b)
  }
}

/**
 * Compiles the way to a bound field in the JSON of a body, and the check of what is found there.
 *
 * @param check says what is wrong with the JSON of the field, given the bound value.
 */
function bodyCheck(
  fields: DescField[],
  body: string,
  check: (value: unknown, json: unknown) => string | undefined
): BoundField['checkBody'] {
  if (body !== '*' && fields[0]?.name !== body) return () => {}
  const steps = body === '*' ? fields : fields.slice(1)
  return (value, body, errors) => {
    let json: unknown = body
    const names: string[] = []
    for (const { name, jsonName } of steps) {
      // What should be an object and is not, the reader of the whole body reports.
      if (typeof json !== 'object' || json === null) return
      const used = Object.hasOwn(json, name) ? name : jsonName
      if (!Object.hasOwn(json, used)) return
      names.push(used)
      json = (json as Record<string, unknown>)[used]
    }
    const problem = check(value, json)
    if (problem !== undefined) errors.add('BOUND_FIELD', names.join('.'), problem)
  }
}
