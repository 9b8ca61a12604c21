import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { childOf, getField, type LocalMessage, rivalOf, setField } from '../codec/local.ts'
import type { Violations } from '../codec/violations.ts'
import { decodePercent, PercentError } from '../httprule/percent.ts'
import { type BoundValues, mismatchOf } from './bound.ts'
import { type Parameter, parameterResolver } from './parameter.ts'

/**
 * Reads a raw query into a message.
 *
 * @param rawQuery without the question mark.
 * @param bound what the path and the token set; the query may only repeat it.
 */
export type BindQuery = (rawQuery: string, message: LocalMessage, bound: BoundValues, errors: Violations) => void

/**
 * Compiles the reading of a query. Its keys are dotted field paths, in proto or JSON names; a repeated field of scalars or
 * enums takes a key for each element.
 *
 * @param body the body of the rule: what comes from there cannot come from the query.
 */
export function compileQuery(desc: DescMessage, body: string, unknownFields: 'reject' | 'ignore'): BindQuery {
  const resolve = parameterResolver(desc)
  return (rawQuery, message, bound, errors) => {
    if (rawQuery === '') return
    const seen = new Set<string>()
    for (const pair of rawQuery.split('&')) {
      if (errors.full) return
      if (pair === '') continue
      const [key, value] = decodePair(pair, errors) ?? []
      if (key === undefined || value === undefined) continue
      const parameter = resolve(key)
      if ('reason' in parameter) {
        if (parameter.reason !== 'UNKNOWN_FIELD' || unknownFields === 'reject') {
          errors.add(parameter.reason, key, parameter.description)
        }
        continue
      }
      const before = errors.list.length
      if (comesFromQuery(parameter, body, errors)) bindParameter(parameter, value, message, bound, seen, errors)
      errors.prefix(before, key)
    }
  }
}

function decodePair(pair: string, errors: Violations): [key: string, value: string] | undefined {
  const equals = pair.indexOf('=')
  const key = decode(equals === -1 ? pair : pair.slice(0, equals))
  const value = equals === -1 ? '' : decode(pair.slice(equals + 1))
  if (key instanceof PercentError) {
    errors.add('INVALID_QUERY', '', `the name of a query parameter ${key.message}`)
  } else if (value instanceof PercentError) {
    errors.add('INVALID_VALUE', key, value.message)
  } else {
    return [key, value]
  }
  return undefined
}

function decode(raw: string): string | PercentError {
  try {
    return decodePercent(raw.replaceAll('+', '%20'))
  } catch (error) {
    if (error instanceof PercentError) return error
    throw error
  }
}

function comesFromQuery({ paths }: Parameter, body: string, errors: Violations): boolean {
  if (body === '*') {
    errors.add('INVALID_QUERY', '', 'must be in the body, this method has no query parameters')
    return false
  }
  if (paths[0] !== body) return true
  errors.add('INVALID_QUERY', '', `must be in the body, which is "${body}" as a whole`)
  return false
}

function bindParameter(
  { parents, field, paths, readText }: Parameter,
  text: string,
  message: LocalMessage,
  bound: BoundValues,
  seen: Set<string>,
  errors: Violations
): void {
  const value = readText(text, errors)
  if (value === undefined || isBound(paths.at(-1)!, value, bound, errors)) return
  const path = paths.at(-1)!
  if (seen.has(path)) {
    errors.add('REPEATED_FIELD', '', 'must not be given more than once')
    return
  }
  let holder = message
  for (const [index, parent] of parents.entries()) {
    const whole = seen.has(paths[index]!) ? parent : rivalOf(holder, parent)
    if (reportRival(whole, errors)) return
    holder = childOf(holder, parent)
  }
  if (field.fieldKind === 'list') {
    ;(holder[field.localName] as unknown[]).push(value)
    return
  }
  // A message that is there, without its own path having been seen, was begun by its fields.
  const begun = field.fieldKind === 'message' && getField(holder, field) !== undefined
  if (reportRival(begun ? field : rivalOf(holder, field), errors)) return
  seen.add(path)
  setField(holder, field, value)
}

/** Reports a field that was given before and excludes this one. */
function reportRival(rival: DescField | undefined, errors: Violations): boolean {
  if (rival === undefined) return false
  errors.add('REPEATED_FIELD', '', `must not be given beside "${rival.name}"`)
  return true
}

/** Whether the path or the token sets this field, or a part or the whole of it. Reports a value that is not the same. */
function isBound(path: string, value: unknown, bound: BoundValues, errors: Violations): boolean {
  for (const [field, boundValue] of bound) {
    const overlaps = path.startsWith(`${field.path}.`) || field.path.startsWith(`${path}.`)
    if (path !== field.path && !overlaps) continue
    if (overlaps || !field.same(boundValue, value)) errors.add('BOUND_FIELD', '', mismatchOf(field.source))
    return true
  }
  return false
}
