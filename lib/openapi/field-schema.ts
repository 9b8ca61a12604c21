import type { DescField, DescMessage, ScalarType } from '@bufbuild/protobuf'
import { ScalarType as Scalar } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import type { FieldRules, MapRules, RepeatedRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { type Dialect, isLong } from './dialect.ts'
import { enumSchema } from './enum-schema.ts'
import { messageRef } from './message-schema.ts'
import { constrain, paragraph } from './rules/constraint.ts'
import { effective, fieldRules, mayBeZero, valueConstraint } from './rules/field-rules.ts'
import { finiteSchema, scalarSchema } from './scalar-schema.ts'
import type { Schema } from './types.ts'
import { wellKnownSchema } from './well-known.ts'

/**
 * The JSON of a field. Of answers nobody checks the rules, so that only requests have them.
 *
 * @param message makes the schema of a message that the field holds. Default: refers to it.
 */
export function fieldSchema(field: DescField, dialect: Dialect, message: MessageSchema = messageRef): Schema {
  const rules = dialect.side === 'response' ? undefined : fieldRules(field)
  const schema = valueSchema(field, rules, dialect, message)
  const nullable = dialect.side === 'response' && dialect.isNullable(field) ? orNull(schema) : schema
  return {
    ...nullable,
    description: paragraph(dialect.commentOf(field), nullable.description),
    deprecated: field.deprecated || undefined
  }
}

/** The JSON of a message by itself. */
export function messageSchema(desc: DescMessage, dialect: Dialect): Schema {
  if (isWrapperDesc(desc)) return scalarSchema(desc.fields[0].scalar, dialect)
  return wellKnownSchema(desc) ?? messageRef(desc, dialect)
}

export type MessageSchema = (desc: DescMessage, dialect: Dialect) => Schema

/** A schema that takes null, too. */
export function orNull(schema: Schema): Schema {
  if (typeof schema.type === 'string' && schema.enum === undefined && schema.const === undefined) {
    return { ...schema, type: [schema.type, 'null'] }
  }
  return { anyOf: [schema, { type: 'null' }] }
}

function valueSchema(
  field: DescField,
  rules: FieldRules | undefined,
  dialect: Dialect,
  message: MessageSchema
): Schema {
  if (field.fieldKind === 'list') {
    const { items }: Partial<RepeatedRules> = rules?.type.case === 'repeated' ? rules.type.value : {}
    const list: Schema = { type: 'array', items: elementSchema(field, effective(items), dialect, message) }
    return orZero(constrain(list, valueConstraint(rules, list)), rules, { maxItems: 0 })
  }
  if (field.fieldKind === 'map') {
    const { keys, values }: Partial<MapRules> = rules?.type.case === 'map' ? rules.type.value : {}
    const map: Schema = {
      type: 'object',
      propertyNames: keySchema(field.mapKey, effective(keys)),
      additionalProperties: elementSchema(field, effective(values), dialect, message)
    }
    return orZero(constrain(map, valueConstraint(rules, map)), rules, { maxProperties: 0 })
  }
  return elementSchema(field, rules, dialect, message)
}

/** The JSON of a singular field, or of an element of a list or a map. */
function elementSchema(
  field: DescField,
  rules: FieldRules | undefined,
  dialect: Dialect,
  message: MessageSchema
): Schema {
  const { message: desc } = field
  if (field.enum !== undefined) return enumSchema(field.enum, dialect, rules)
  if (desc === undefined) return ruledScalar(field.scalar, rules, dialect)
  if (isWrapperDesc(desc)) return ruledScalar(desc.fields[0].scalar, rules, dialect)
  const base = wellKnownSchema(desc) ?? message(desc, dialect)
  return constrain(base, valueConstraint(rules, base))
}

function ruledScalar(scalar: ScalarType, rules: FieldRules | undefined, dialect: Dialect): Schema {
  const isFloat = scalar === Scalar.DOUBLE || scalar === Scalar.FLOAT
  const base = isFloat && rules?.type.case !== undefined ? finiteSchema(scalar) : scalarSchema(scalar, dialect)
  return orZero(constrain(base, valueConstraint(rules, base)), rules, { const: zeroOf(scalar, base) })
}

function orZero(schema: Schema, rules: FieldRules | undefined, zero: Schema): Schema {
  if (!mayBeZero(rules)) return schema
  const { description, ...rest } = schema
  return { description, anyOf: [zero, rest] }
}

function zeroOf(scalar: ScalarType, { type }: Schema): unknown {
  if (scalar === Scalar.BOOL) return false
  if (isLong(scalar) && type === 'string') return '0'
  return type === 'string' ? '' : 0
}

/** The names of members of an object that is a map: JSON has no others than strings. */
function keySchema(key: ScalarType, rules: FieldRules | undefined): Schema | undefined {
  if (key === Scalar.BOOL) return { enum: ['true', 'false'] }
  const base: Schema = key === Scalar.STRING ? { type: 'string' } : { type: 'string', pattern: '^-?[0-9]+$' }
  if (key === Scalar.STRING && rules === undefined) return undefined
  return constrain(base, valueConstraint(rules, base))
}
