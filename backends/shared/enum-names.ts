import type { DescEnum, EnumShape } from '@bufbuild/protobuf'

/**
 * The short, lower-case name of an enum value, as the databases store it: PAYMENT_METHOD_CREDIT_CARD -> "credit_card".
 * null for the zero value "not given" and for numbers that the enum does not know.
 */
export function enumName<Name extends string>(schema: DescEnum, number: number): Name | null {
  if (number === 0) return null
  const value = schema.value[number]
  return value === undefined ? null : (value.localName.toLowerCase() as Name)
}

/** The number of a stored name; what `enumName` undoes. 0 for a name that the enum does not know. */
export function enumNumber<Desc extends DescEnum>(schema: Desc, name: string): EnumShape<Desc> {
  const value = schema.values.find(({ localName }) => localName.toLowerCase() === name)
  return (value?.number ?? 0) as EnumShape<Desc>
}
