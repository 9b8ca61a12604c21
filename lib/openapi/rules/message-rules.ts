import { toJson } from '@bufbuild/protobuf'
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt'
import type {
  AnyRules,
  DurationRules,
  FieldMaskRules,
  TimestampRules
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { type Constraint, codes } from './constraint.ts'

/** What rules demand of a google.protobuf.Timestamp. */
export function timestampConstraint({ const: only, lessThan, greaterThan, within }: TimestampRules): Constraint {
  const text = (value: Timestamp) => codes([toJson(TimestampSchema, value)])
  const limits: string[] = []
  if (only !== undefined) limits.push(text(only))
  if (greaterThan.case === 'gt') limits.push(`after ${text(greaterThan.value)}`)
  if (greaterThan.case === 'gte') limits.push(`${text(greaterThan.value)} or later`)
  if (greaterThan.case === 'gtNow' && greaterThan.value) limits.push('in the future')
  if (lessThan.case === 'lt') limits.push(`before ${text(lessThan.value)}`)
  if (lessThan.case === 'lte') limits.push(`${text(lessThan.value)} or earlier`)
  if (lessThan.case === 'ltNow' && lessThan.value) limits.push('in the past')
  if (within !== undefined) limits.push(`not further from now than ${codes([toJson(DurationSchema, within)])}`)
  return { schema: {}, notes: limits.map(limit => `Must be ${limit}.`) }
}

/** What rules demand of a google.protobuf.Duration. */
export function durationConstraint({ const: only, lessThan, greaterThan, in: some, notIn }: DurationRules): Constraint {
  const text = (...values: Duration[]) => codes(values.map(value => toJson(DurationSchema, value)))
  const notes: string[] = []
  if (only !== undefined) notes.push(`Must be ${text(only)}.`)
  if (some.length > 0) notes.push(`One of ${text(...some)}.`)
  if (notIn.length > 0) notes.push(`None of ${text(...notIn)}.`)
  if (greaterThan.case === 'gt') notes.push(`Must be longer than ${text(greaterThan.value)}.`)
  if (greaterThan.case === 'gte') notes.push(`Must be ${text(greaterThan.value)} or longer.`)
  if (lessThan.case === 'lt') notes.push(`Must be shorter than ${text(lessThan.value)}.`)
  if (lessThan.case === 'lte') notes.push(`Must be ${text(lessThan.value)} or shorter.`)
  return { schema: {}, notes }
}

/** What rules demand of a google.protobuf.FieldMask. */
export function fieldMaskConstraint({ const: only, in: some, notIn }: FieldMaskRules): Constraint {
  const notes: string[] = []
  if (only !== undefined) notes.push(`Exactly the paths ${codes(only.paths)}.`)
  if (some.length > 0) notes.push(`Only the paths ${codes(some)}, or what is in them.`)
  if (notIn.length > 0) notes.push(`Not the paths ${codes(notIn)}, nor what is in them.`)
  return { schema: {}, notes }
}

/** What rules demand of a google.protobuf.Any. */
export function anyConstraint({ in: some, notIn }: AnyRules): Constraint {
  const types = [...(some.length > 0 ? [{ enum: some }] : []), ...(notIn.length > 0 ? [{ not: { enum: notIn } }] : [])]
  return {
    schema: types.length === 0 ? {} : { allOf: types.map(type => ({ properties: { '@type': type } })) },
    notes: []
  }
}
