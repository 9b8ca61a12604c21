import type { DescMessage } from '@bufbuild/protobuf'
import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Violations } from '../codec/violations.ts'
import { decodePercent, PercentError } from '../httprule/percent.ts'
import type { BoundValues } from './bound.ts'
import { mismatchText } from './bound-errors.ts'
import type { Given } from './given.ts'
import { type Parameter, parameterResolver } from './parameter.ts'
import { writeField } from './write-field.ts'

/** Where the parameters of a query go, and what they have to agree with. */
export interface QueryTarget {
  /** What is set from elsewhere; the query may only repeat it. */
  bound: BoundValues
  /** What was given before, and is given now. */
  given: Given
  /** The wire format of the request. */
  writer: BinaryWriter
}

/** Reads a raw query, without the question mark. */
export type ReadQuery = (rawQuery: string, target: QueryTarget, errors: Violations) => void

/**
 * Compiles the reading of a query. Its keys are dotted field paths, in proto or JSON names; a repeated field of scalars or
 * enums takes a key for each element.
 *
 * @param body the body of the rule: what comes from there cannot come from the query.
 */
export function compileQuery(desc: DescMessage, body: string, unknownFields: 'reject' | 'ignore'): ReadQuery {
  const resolve = parameterResolver(desc)
  return (rawQuery, target, errors) => {
    if (rawQuery === '') return
    for (const text of rawQuery.split('&')) {
      if (errors.full) return
      if (text === '') continue
      const pair = decodePair(text, errors)
      if (pair === undefined) continue
      const [key] = pair
      const parameter = resolve(key)
      if ('reason' in parameter) {
        if (parameter.reason !== 'UNKNOWN_FIELD' || unknownFields === 'reject') {
          errors.add(parameter.reason, key, parameter.description)
        }
        continue
      }
      const before = errors.list.length
      if (comesFromQuery(parameter, body, errors)) bindParameter(parameter, pair, target, errors)
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
  parameter: Parameter,
  [key, text]: [key: string, text: string],
  { bound, given, writer }: QueryTarget,
  errors: Violations
): void {
  const { parents, field, paths, readText } = parameter
  const value = readText(text, errors)
  if (value === undefined || isBound(paths.at(-1)!, value, bound, errors)) return
  const conflict = given.add(parameter, key)
  if (conflict === undefined) writeField(writer, parents, field, value)
  else if (conflict.kind === 'repeated') errors.add('REPEATED_FIELD', '', 'must not be given more than once')
  else errors.add('REPEATED_FIELD', '', `must not be given beside "${conflict.rival.name}"`)
}

/** Whether another place sets this field, or a part or the whole of it. Reports a value that is not the same. */
function isBound(path: string, value: unknown, bound: BoundValues, errors: Violations): boolean {
  for (const [field, boundValue] of bound) {
    const overlaps = path.startsWith(`${field.path}.`) || field.path.startsWith(`${path}.`)
    if (path !== field.path && !overlaps) continue
    if (overlaps || !field.allows(boundValue, value)) errors.add('BOUND_FIELD', '', mismatchText(field.source))
    return true
  }
  return false
}
