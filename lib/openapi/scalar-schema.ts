import { ScalarType } from '@bufbuild/protobuf'
import { type Dialect, isLong } from './dialect.ts'
import type { Schema } from './types.ts'

/** The JSON of a scalar (https://protobuf.dev/programming-guides/json/), without rules. */
export function scalarSchema(scalar: ScalarType, { side, int64 }: Pick<Dialect, 'side' | 'int64'>): Schema {
  if (isLong(scalar)) return longSchema(scalar, side === 'text' ? 'integer' : int64)
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: 'boolean' }
    case ScalarType.STRING:
      return { type: 'string' }
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' }
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return floatSchema(scalar)
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', format: 'uint32', minimum: 0 }
    default:
      return { type: 'integer', format: 'int32' }
  }
}

/** Without what is no number in JSON, for a field whose rules leave numbers only. */
export function finiteSchema(scalar: ScalarType): Schema {
  return { type: 'number', format: scalar === ScalarType.FLOAT ? 'float' : 'double' }
}

function floatSchema(scalar: ScalarType): Schema {
  return { anyOf: [finiteSchema(scalar), { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] }] }
}

function longSchema(scalar: ScalarType, form: 'integer' | Dialect['int64']): Schema {
  const isUnsigned = scalar === ScalarType.UINT64 || scalar === ScalarType.FIXED64
  const format = isUnsigned ? 'uint64' : 'int64'
  const pattern = isUnsigned ? '^[0-9]+$' : '^-?[0-9]+$'
  if (form === 'string') return { type: 'string', format, pattern }
  const least = isUnsigned ? { minimum: 0 } : {}
  if (form === 'integer') return { type: 'integer', format, ...least }
  // Those beyond 2^53 - 1 are strings, as a number would not be exact.
  return { type: ['integer', 'string'], format, pattern, ...least }
}
