import type { DescField } from '@bufbuild/protobuf'

/** What is told about a field that has another value than the bound one. */
export function mismatchText(source: string): string {
  return `must be left out or be what the ${source} says`
}

/** What is told about a field of the same oneof as a bound one. */
export function rivalText(field: DescField, source: string): string {
  return `must not be set beside "${field.name}", which the ${source} sets`
}
