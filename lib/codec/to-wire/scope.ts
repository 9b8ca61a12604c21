import type { DescExtension, DescField, DescMessage, Registry } from '@bufbuild/protobuf'
import type { IntegerStyle } from './decimal.ts'
import type { ReadPart } from './outcome.ts'

/** What all readers of a message and of what is in it are compiled with. */
export interface Scope {
  style: IntegerStyle
  ignoreUnknown: boolean
  ignoreUnknownEnums: boolean
  registry: Registry | undefined
  /** The reader of the fields of a message. */
  messageReader: (desc: DescMessage) => ReadPart
}

/** What a message has, or what extends it. */
export type Field = DescField | DescExtension
