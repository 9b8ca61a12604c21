import { type DescField, ScalarType } from '@bufbuild/protobuf'
import type { ToJsonOptions } from '../codec/to-json/compile.ts'
import type { CommentOf } from './comments.ts'
import type { Components } from './components.ts'

/** How values are written in one part of a document. */
export interface Dialect {
  /**
   * `request`: what a caller may send in a body. `text`: the same in a path, a query or a header, where numbers have no
   * quotes. `response`: what the gateway answers.
   */
  side: 'request' | 'text' | 'response'
  fieldNames: ToJsonOptions['fieldNames']
  implicitFields: boolean
  enums: ToJsonOptions['enums']
  int64: ToJsonOptions['int64']
  /** Whether a field is null in answers when it is not set. */
  isNullable(field: DescField): boolean
  /** The name of the schema of a message or an enum, by its full name. */
  nameOf(typeName: string): string
  commentOf: CommentOf
  components: Components
}

/** The name of a field in JSON. */
export function nameIn({ fieldNames }: Dialect, field: DescField): string {
  return fieldNames === 'json' ? field.jsonName : field.name
}

const longTypes: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64
])

/** Whether integers of this type have 64 bits. */
export function isLong(scalar: ScalarType): boolean {
  return longTypes.has(scalar)
}
