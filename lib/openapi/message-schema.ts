import { type DescField, type DescMessage, type DescOneof, getOption } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence as FieldPresence } from '@bufbuild/protobuf/wkt'
import { message as messageOption, oneof as oneofOption } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { type Dialect, nameIn } from './dialect.ts'
import { fieldSchema, type MessageSchema } from './field-schema.ts'
import { requiredFields } from './required.ts'
import { allOf, paragraph } from './rules/constraint.ts'
import { celNotes } from './rules/field-rules.ts'
import type { Schema } from './types.ts'

/** Refers to the schema of a message. */
export function messageRef(desc: DescMessage, dialect: Dialect): Schema {
  return dialect.components.ref(dialect.nameOf(desc.typeName), () => objectSchema(desc, dialect))
}

/** What becomes of the fields of a message that come from elsewhere, by their paths in proto names. */
export interface Elsewhere {
  /** What cannot be in the object. */
  omitted: ReadonlySet<string>
  /** What may be in the object, and need not. */
  optional: ReadonlySet<string>
}

const nothing: Elsewhere = { omitted: new Set(), optional: new Set() }

/** The JSON of a message that is an object of its fields. */
export function objectSchema(desc: DescMessage, dialect: Dialect, elsewhere = nothing): Schema {
  const { omitted, optional } = elsewhere
  const fields = desc.fields.filter(({ name }) => !omitted.has(name))
  const properties = fields.map(field => [
    nameIn(dialect, field),
    fieldSchema(field, dialect, within(field, elsewhere))
  ])
  const mandatory = mandatoryFields(desc, dialect)
  const required = fields.filter(({ name }) => mandatory.has(name) && !optional.has(name))
  const oneofs = [
    ...desc.oneofs.map(oneof => oneofSchema(oneof, dialect, fields)),
    ...ruleOneofs(desc, dialect, fields)
  ]
  const object: Schema = {
    type: 'object',
    description: paragraph(dialect.commentOf(desc), ...messageNotes(desc, dialect)),
    properties: Object.fromEntries(properties),
    required: required.length === 0 ? undefined : required.map(field => nameIn(dialect, field))
  }
  return allOf(object, ...oneofs)
}

/** How the message that a field holds is written when parts of it come from elsewhere; undefined when none do. */
export function within({ name }: DescField, { omitted, optional }: Elsewhere): MessageSchema | undefined {
  const inside = (paths: ReadonlySet<string>) =>
    new Set([...paths].filter(path => path.startsWith(`${name}.`)).map(path => path.slice(name.length + 1)))
  const parts: Elsewhere = { omitted: inside(omitted), optional: inside(optional) }
  if (parts.omitted.size === 0 && parts.optional.size === 0) return undefined
  return (desc, dialect) => objectSchema(desc, dialect, parts)
}

/** The names of fields that are always there: in answers what is printed even when it is zero, in requests by the rules. */
function mandatoryFields(desc: DescMessage, { side, implicitFields }: Dialect): ReadonlySet<string> {
  if (side !== 'response') return requiredFields(desc)
  const always = desc.fields.filter(
    ({ presence }) =>
      presence === FieldPresence.LEGACY_REQUIRED || (implicitFields && presence === FieldPresence.IMPLICIT)
  )
  return new Set(always.map(field => field.name))
}

function messageNotes(desc: DescMessage, { side }: Dialect): string[] {
  return side === 'response' ? [] : celNotes(getOption(desc, messageOption))
}

function oneofSchema(oneof: DescOneof, dialect: Dialect, present: readonly DescField[]): Schema {
  const isRequired = dialect.side !== 'response' && getOption(oneof, oneofOption).required
  return choiceOf(oneof.fields, isRequired, dialect, present)
}

/** Oneofs that are rules: `(buf.validate.message).oneof`. */
function ruleOneofs(desc: DescMessage, dialect: Dialect, present: readonly DescField[]): Schema[] {
  if (dialect.side === 'response') return []
  return getOption(desc, messageOption).oneof.map(({ fields, required }) => {
    const members = desc.fields.filter(({ name }) => fields.includes(name))
    return choiceOf(members, required, dialect, present)
  })
}

/** At most one of the fields, or exactly one. */
function choiceOf(
  fields: readonly DescField[],
  isRequired: boolean,
  dialect: Dialect,
  present: readonly DescField[]
): Schema {
  const one = fields
    .filter(field => present.includes(field))
    .map((field): Schema => ({ required: [nameIn(dialect, field)] }))
  if (one.length === 0) return {}
  return { oneOf: isRequired ? one : [...one, { not: { anyOf: one } }] }
}
