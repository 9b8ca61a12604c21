import type { Cursor } from './cursor.ts'
import type { Writer } from './writer.ts'

/** Nothing is to be written: the value was refused, or ProtoJSON has it ignored. */
export const LEFT_OUT = 0
/** A value was written that a field without presence leaves out: its default. */
export const DEFAULT = 1
/** A value was written. */
export const WRITTEN = 2

/** What came of reading a value. */
export type Outcome = typeof LEFT_OUT | typeof DEFAULT | typeof WRITTEN

/**
 * Reads the JSON value at the position and writes it as the value of a field, without the tag. What it cannot read it
 * reports, relative to the value, and goes behind it; what it has written then is of no use, but for its length.
 */
export type ReadValue = (cursor: Cursor, out: Writer) => Outcome

/** As `ReadValue`, for what has no default: a field with its tag, the fields of a message. */
export type ReadPart = (cursor: Cursor, out: Writer) => void
