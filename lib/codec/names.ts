import type { DescEnum, DescEnumValue, DescField, DescMessage } from '@bufbuild/protobuf'

/**
 * The fields of a message by each name that JSON and queries may call them: the proto name and the JSON name. Where one
 * field's JSON name is another's proto name, the proto name wins.
 */
export function fieldsByName(desc: DescMessage): Map<string, DescField> {
  const fields = new Map<string, DescField>()
  for (const field of desc.fields) fields.set(field.jsonName, field)
  for (const field of desc.fields) fields.set(field.name, field)
  return fields
}

/**
 * The short name of an enum value: lower case, without the prefix that all values of the enum share.
 * `ORDER_STATUS_CONFIRMED` of `OrderStatus` is `confirmed`.
 */
export function shortName(value: DescEnumValue): string {
  const { sharedPrefix } = value.parent
  return (sharedPrefix === undefined ? value.name : value.name.slice(sharedPrefix.length)).toLowerCase()
}

/** The numbers of an enum by each name that is read: the full names, the JSON names and the short names. */
export function enumNumbers(desc: DescEnum): Map<string, number> {
  const numbers = new Map<string, number>()
  // A name that two values have stands for the one whose full name it is, and among short names for the first.
  for (const value of desc.values.toReversed()) numbers.set(shortName(value), value.number)
  for (const value of desc.values) numbers.set(value.jsonName, value.number)
  for (const value of desc.values) numbers.set(value.name, value.number)
  return numbers
}

/**
 * The name that each number of an enum is printed as. A short name that would be read as another value gives way to the
 * full name, and of several names for one number the first counts.
 */
export function enumNames(desc: DescEnum, style: 'short' | 'name'): Map<number, string> {
  const names = new Map<number, string>()
  const numbers = enumNumbers(desc)
  for (const value of desc.values) {
    if (names.has(value.number)) continue
    const short = shortName(value)
    names.set(value.number, style === 'short' && numbers.get(short) === value.number ? short : value.jsonName)
  }
  return names
}
