import { Components } from '../../../lib/openapi/components.ts'
import type { Dialect } from '../../../lib/openapi/dialect.ts'

/** How the bodies of requests are written by default. */
export function requestDialect(overrides: Partial<Dialect> = {}): Dialect {
  return {
    side: 'request',
    fieldNames: 'proto',
    implicitFields: true,
    enums: 'short',
    int64: 'string',
    isNullable: () => false,
    nameOf: typeName => typeName,
    commentOf: () => '',
    components: new Components(),
    ...overrides
  }
}
