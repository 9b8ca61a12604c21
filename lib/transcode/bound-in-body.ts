import type { DescField } from '@bufbuild/protobuf'
import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { getField, type LocalMessage } from '../codec/local.ts'
import { fieldsByName } from '../codec/names.ts'
import { takesNull } from '../codec/to-wire/fields.ts'
import { Violations } from '../codec/violations.ts'
import type { BoundField } from './bound.ts'
import { mismatchText, rivalText } from './bound-errors.ts'
import { compileJsonValue, type ReadJson } from './json-value.ts'

/** A field on the way to a bound one, as it can be found in a JSON object. */
interface Step {
  field: DescField
  names: string[]
  /** The other fields of its oneof. */
  rivals: { names: string[]; nullIsValue: boolean }[]
}

/**
 * Compiles the way to a bound field in the JSON of a body that is otherwise read without looking at it.
 *
 * @param fields the messages that hold the field, and the field.
 * @param body the body of the rule.
 * @param allows whether the body may have a value for the field, given the bound one.
 */
export function compileBodyCheck(
  fields: readonly DescField[],
  body: string,
  source: string,
  allows: BoundField['allows']
): BoundField['isInBody'] {
  if (body !== '*' && fields[0]?.name !== body) return () => false
  const { shown, read } = compileShownValue(fields)
  const steps = (body === '*' ? shown : shown.slice(1)).map(stepOf)
  return (value, body, errors) => {
    let json = body()
    const way: string[] = []
    for (const { field, names, rivals } of steps) {
      // What should be an object and is not, the reader of the whole body reports.
      if (typeof json !== 'object' || json === null) return false
      const object = json as Record<string, unknown>
      const rival = value === undefined ? undefined : findRival(object, rivals)
      if (rival !== undefined) {
        errors.add('BOUND_FIELD', [...way, rival].join('.'), rivalText(field, source))
        return false
      }
      const name = names.find(candidate => Object.hasOwn(object, candidate))
      if (name === undefined) return false
      way.push(name)
      json = object[name]
    }
    if (json === null) return false
    const unread = new Violations()
    const other = read(json, unread)
    // What cannot be read is reported there, too.
    if (unread.list.length > 0 || allows(value, other)) return true
    errors.add('BOUND_FIELD', way.join('.'), mismatchText(source))
    return false
  }
}

/**
 * How far JSON shows the way to a field, and how the value of the field is read from there: a google.protobuf.Timestamp, for
 * one, is a text in JSON, whose seconds are found when it is read.
 */
function compileShownValue(fields: readonly DescField[]): { shown: readonly DescField[]; read: ReadJson } {
  const end = fields.findIndex(field => field.message !== undefined && hasCustomJsonRepresentation(field.message))
  const shown = end === -1 ? fields : fields.slice(0, end + 1)
  const hidden = fields.slice(shown.length)
  const readShown = compileJsonValue(shown.at(-1)!)
  return {
    shown,
    read(json, errors) {
      let value = readShown(json, errors)
      for (const field of hidden) {
        if (value !== undefined) value = getField(value as LocalMessage, field)
      }
      return value
    }
  }
}

function stepOf(field: DescField): Step {
  const others = field.oneof?.fields.filter(other => other !== field) ?? []
  return {
    field,
    names: namesOf(field),
    rivals: others.map(rival => ({ names: namesOf(rival), nullIsValue: takesNull(rival) }))
  }
}

/** The names that a JSON object may have a field by. */
function namesOf(field: DescField): string[] {
  return [...fieldsByName(field.parent)].filter(([, named]) => named === field).map(([name]) => name)
}

function findRival(object: Record<string, unknown>, rivals: Step['rivals']): string | undefined {
  for (const { names, nullIsValue } of rivals) {
    const name = names.find(candidate => Object.hasOwn(object, candidate))
    if (name !== undefined && (object[name] !== null || nullIsValue)) return name
  }
  return undefined
}
