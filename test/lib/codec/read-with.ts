import type { DescMessage, Message } from '@bufbuild/protobuf'
import { compileReader, type ReadOptions } from '../../../lib/codec/read.ts'
import { type Violation, Violations } from '../../../lib/codec/violations.ts'

/** Reads a JSON value as a message. */
export function readWith(
  desc: DescMessage,
  json: unknown,
  options?: ReadOptions
): { message: Message; violations: readonly Violation[] } {
  const errors = new Violations()
  const message = compileReader(desc, options)(json, errors, '')
  return { message, violations: errors.list }
}

/** What is wrong with a JSON value, one line each: `field: description`. */
export function complaints(desc: DescMessage, json: unknown, options?: ReadOptions): string[] {
  return readWith(desc, json, options).violations.map(({ field, description }) => `${field}: ${description}`)
}
