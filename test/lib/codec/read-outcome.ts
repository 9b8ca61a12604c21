import type { ReadText } from '../../../lib/codec/read-scalar.ts'
import { Violations } from '../../../lib/codec/violations.ts'

/** The value that is read, or what is wrong with it. */
export function outcome(read: ReadText, text: string): unknown {
  const errors = new Violations()
  const value = read(text, errors)
  return errors.list[0]?.description ?? value
}
