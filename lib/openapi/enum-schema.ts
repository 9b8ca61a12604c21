import type { DescEnum, DescEnumValue } from '@bufbuild/protobuf'
import type { EnumRules, FieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { enumNames } from '../codec/names.ts'
import type { Dialect } from './dialect.ts'
import { paragraph } from './rules/constraint.ts'
import { celNotes, mayBeZero } from './rules/field-rules.ts'
import type { Schema } from './types.ts'

/** The JSON of an enum, by the names that it is printed with. Rules that leave some of the values only are part of it. */
export function enumSchema(desc: DescEnum, dialect: Dialect, rules?: FieldRules): Schema {
  if (desc.typeName === 'google.protobuf.NullValue') return { type: 'null' }
  const numbers = allowedNumbers(desc, rules)
  const notes = rules === undefined ? [] : celNotes(rules)
  if (numbers.length < allNumbers(desc).length) {
    const schema = enumOf(desc, dialect, numbers)
    return { ...schema, description: paragraph(...notes, schema.description) }
  }
  const ref = dialect.components.ref(dialect.nameOf(desc.typeName), () => {
    const schema = enumOf(desc, dialect, numbers)
    return { ...schema, description: paragraph(dialect.commentOf(desc), schema.description) }
  })
  return { ...ref, description: paragraph(...notes) }
}

function enumOf(desc: DescEnum, dialect: Dialect, numbers: readonly number[]): Schema {
  const { enums } = dialect
  const names = enums === 'number' ? null : enumNames(desc, enums)
  const label = (number: number) => names?.get(number) ?? number
  const comments = numbers.map(number => commentBehind(firstOf(desc, number), dialect))
  const lines = numbers.map((number, index) => `- \`${label(number)}\`${comments[index]}`)
  return {
    type: names === null ? 'integer' : 'string',
    enum: numbers.map(label),
    description: comments.some(comment => comment !== '') ? lines.join('\n') : undefined
  }
}

function commentBehind(value: DescEnumValue, { enums, commentOf }: Dialect): string {
  const comment = [enums === 'number' ? `\`${value.name}\`` : '', commentOf(value)]
    .filter(text => text !== '')
    .join(': ')
  return comment === '' ? '' : `: ${comment.replaceAll(/\s*\n\s*/g, ' ')}`
}

/** Each number once: an enum may have several names for it. */
function allNumbers({ values }: DescEnum): number[] {
  return [...new Set(values.map(value => value.number))]
}

function firstOf({ values }: DescEnum, number: number): DescEnumValue {
  return values.find(value => value.number === number)!
}

function allowedNumbers(desc: DescEnum, rules: FieldRules | undefined): number[] {
  if (rules?.type.case !== 'enum') return allNumbers(desc)
  const { const: only, in: some = [], notIn = [] }: Partial<EnumRules> = { ...rules.type.value }
  return allNumbers(desc).filter(
    number =>
      (number === 0 && mayBeZero(rules)) ||
      ((only === undefined || number === only) &&
        (some.length === 0 || some.includes(number)) &&
        !notIn.includes(number))
  )
}
