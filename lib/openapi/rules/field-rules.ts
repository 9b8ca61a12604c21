import { type DescField, getOption, hasOption, type Message } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence as FieldPresence } from '@bufbuild/protobuf/wkt'
import {
  type FieldRules,
  field as fieldOption,
  Ignore,
  type MapRules,
  message as messageOption,
  type RepeatedRules,
  type Rule
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import type { Schema } from '../types.ts'
import { bytesConstraint } from './bytes-rules.ts'
import { allOf, type Constraint, unconstrained } from './constraint.ts'
import { anyConstraint, durationConstraint, fieldMaskConstraint, timestampConstraint } from './message-rules.ts'
import { type NumberRules, numberConstraint } from './number-rules.ts'
import { stringConstraint } from './string-rules.ts'

/** The rules of buf.validate for a field; undefined when it has none, or none that count. */
export function fieldRules(field: DescField): FieldRules | undefined {
  if (!hasOption(field, fieldOption)) return undefined
  const rules = getOption(field, fieldOption)
  return effective({ ...rules, ignore: ignoreOf(field, rules) })
}

/**
 * When the rules for a field do not count (buf.validate.Ignore). What is zero is ignored for the members of a rule's oneof,
 * too; and a singular field that has presence is never ignored when it is set.
 */
function ignoreOf(field: DescField, { ignore }: FieldRules): Ignore {
  const isMember = getOption(field.parent, messageOption).oneof.some(({ fields }) => fields.includes(field.name))
  const wanted = ignore === Ignore.UNSPECIFIED && isMember ? Ignore.IF_ZERO_VALUE : ignore
  const hasPresence = field.presence !== FieldPresence.IMPLICIT
  return wanted === Ignore.IF_ZERO_VALUE && hasPresence ? Ignore.UNSPECIFIED : wanted
}

/** Rules for the elements of a list or a map; undefined when there are none, or none that count. */
export function effective(rules: FieldRules | undefined): FieldRules | undefined {
  return rules?.ignore === Ignore.ALWAYS ? undefined : rules
}

/** Whether the value may be zero or empty, whatever the rules say. */
export function mayBeZero(rules: FieldRules | undefined): boolean {
  return rules?.ignore === Ignore.IF_ZERO_VALUE
}

/**
 * What the rules for a value demand of its JSON; of a list or a map, without what they demand of its elements. Rules of enums
 * are not here: they choose among the names.
 *
 * @param base what the JSON is without rules.
 */
export function valueConstraint(rules: FieldRules | undefined, base: Schema): Constraint {
  if (rules === undefined) return unconstrained
  const { schema, notes } = typeConstraint(rules.type, base)
  return { schema, notes: [...notes, ...celNotes(rules), ...predefinedNotes(rules.type.value)] }
}

function typeConstraint(type: FieldRules['type'], base: Schema): Constraint {
  switch (type.case) {
    case undefined:
    case 'enum':
      return unconstrained
    case 'bool':
      return { schema: Object.hasOwn(type.value, 'const') ? { const: type.value.const } : {}, notes: [] }
    case 'string':
      return stringConstraint(type.value)
    case 'bytes':
      return bytesConstraint(type.value)
    case 'repeated':
      return { schema: listSchema(type.value), notes: [] }
    case 'map':
      return { schema: mapSchema(type.value), notes: [] }
    case 'any':
      return anyConstraint(type.value)
    case 'duration':
      return durationConstraint(type.value)
    case 'fieldMask':
      return fieldMaskConstraint(type.value)
    case 'timestamp':
      return timestampConstraint(type.value)
    default:
      // Rules of all kinds of numbers differ in the type of the values only.
      return numberConstraint(type.value as NumberRules, base.type === 'string')
  }
}

function listSchema(rules: RepeatedRules): Schema {
  const { minItems, maxItems, unique }: Partial<RepeatedRules> = { ...rules }
  return allOf(
    {},
    minItems === undefined ? {} : { minItems: Number(minItems) },
    maxItems === undefined ? {} : { maxItems: Number(maxItems) },
    unique === true ? { uniqueItems: true } : {}
  )
}

function mapSchema(rules: MapRules): Schema {
  const { minPairs, maxPairs }: Partial<MapRules> = { ...rules }
  return allOf(
    {},
    minPairs === undefined ? {} : { minProperties: Number(minPairs) },
    maxPairs === undefined ? {} : { maxProperties: Number(maxPairs) }
  )
}

/** What expressions of CEL demand, in the words that a caller is refused with. */
export function celNotes({ cel, celExpression }: { cel: readonly Rule[]; celExpression: readonly string[] }): string[] {
  const rules = cel.map(({ message, expression }) =>
    message === '' ? `Must satisfy \`${expression}\`.` : sentence(message)
  )
  return [...rules, ...celExpression.map(expression => `Must satisfy \`${expression}\`.`)]
}

/** Rules that a proto defines itself are extensions of those of buf.validate. */
function predefinedNotes(value: Message | undefined): string[] {
  return value?.$unknown === undefined ? [] : ['Further rules apply.']
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? `Rule: ${message}` : `Rule: ${message}.`
}
