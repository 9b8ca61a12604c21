import type { DescMessage } from '@bufbuild/protobuf'
import type { Schema } from './types.ts'

/** Messages whose JSON is not an object of their fields (https://protobuf.dev/programming-guides/json/), besides wrappers. */
const schemas: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string', description: 'Field paths, separated by commas.' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': {
    type: 'object',
    properties: {
      '@type': { type: 'string', description: 'The type, such as `type.googleapis.com/package.Message`.' }
    },
    required: ['@type'],
    additionalProperties: true
  },
  'google.protobuf.Empty': { type: 'object' }
}

/** The schema of a message that has a JSON of its own; undefined for others, and for wrappers. */
export function wellKnownSchema({ typeName }: DescMessage): Schema | undefined {
  return schemas[typeName]
}
