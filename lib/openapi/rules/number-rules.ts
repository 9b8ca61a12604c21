import type { DoubleRules, Int64Rules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import type { Schema } from '../types.ts'
import { allOf, type Constraint, codes } from './constraint.ts'

/** Rules of all kinds of numbers: they differ in the type of the values only. */
export type NumberRules = DoubleRules | Int64Rules

type Bound = Pick<Schema, 'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum'>

interface Limit {
  keyword: keyof Bound
  words: string
  value: number | bigint
}

/**
 * What the rules of a number demand.
 *
 * @param asText whether the number is a string in the JSON, of which a schema knows no range.
 */
export function numberConstraint(rules: NumberRules, asText: boolean): Constraint {
  const given: Partial<NumberRules> = { ...rules }
  const toValue = (value: number | bigint): unknown => (asText ? String(value) : Number(value))
  const parts: Schema[] = []
  const notes: string[] = []
  if (given.const !== undefined) parts.push({ const: toValue(given.const) })
  if (rules.in.length > 0) parts.push({ enum: [...rules.in].map(toValue) })
  if (rules.notIn.length > 0) parts.push({ not: { enum: [...rules.notIn].map(toValue) } })
  const limits = [lowerLimit(rules), upperLimit(rules)].filter(limit => limit !== null)
  const isSayable = !asText && limits.every(({ value }) => isExact(value))
  if (limits.length > 0 && isSayable) parts.push(rangeOf(limits))
  else if (limits.length > 0) notes.push(sentenceOf(limits))
  return { schema: allOf({}, ...parts), notes }
}

function lowerLimit({ greaterThan }: NumberRules): Limit | null {
  if (greaterThan.case === undefined) return null
  if (greaterThan.case === 'gt') return { keyword: 'exclusiveMinimum', words: 'greater than', value: greaterThan.value }
  return { keyword: 'minimum', words: 'at least', value: greaterThan.value }
}

function upperLimit({ lessThan }: NumberRules): Limit | null {
  if (lessThan.case === undefined) return null
  if (lessThan.case === 'lt') return { keyword: 'exclusiveMaximum', words: 'less than', value: lessThan.value }
  return { keyword: 'maximum', words: 'at most', value: lessThan.value }
}

/** An upper limit below the lower one excludes what is between them (buf/validate/validate.proto). */
function isOutside([lower, upper]: readonly Limit[]): boolean {
  return lower !== undefined && upper !== undefined && upper.value < lower.value
}

function rangeOf(limits: readonly Limit[]): Schema {
  const schemas = limits.map(({ keyword, value }): Schema => ({ [keyword]: Number(value) }))
  return isOutside(limits) ? { anyOf: schemas } : allOf({}, ...schemas)
}

function sentenceOf(limits: readonly Limit[]): string {
  const words = limits.map(({ words, value }) => `${words} ${codes([value])}`)
  return `Must be ${words.join(isOutside(limits) ? ' or ' : ' and ')}.`
}

function isExact(value: number | bigint): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : BigInt.asIntN(54, value) === value
}
