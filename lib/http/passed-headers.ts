import { fieldOf } from '../upstream/grpc/fields.ts'
import type { HeaderFields } from '../upstream/hpack/header-fields.ts'

/** What a service may say to the client beside its message or its refusal. */
const names = ['idempotency-replayed', 'retry-after']

/** The fields of an answer that are passed on to the client; of several sources, the first that has one counts. */
export function passedFields(...sources: HeaderFields[]): Record<string, string> {
  return passed(name => {
    for (const source of sources) {
      const value = fieldOf(source, name)
      if (value !== null) return value
    }
    return null
  })
}

/** The same of the metadata of a refusal. */
export function passedHeaders(metadata: Headers): Record<string, string> {
  return passed(name => metadata.get(name))
}

function passed(valueFor: (name: string) => string | null): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of names) {
    const value = valueFor(name)
    if (value !== null) headers[name] = value
  }
  return headers
}
