import type { Schema } from './types.ts'

/** The schemas that a document names. Each is built once, when it is first referred to. */
export class Components {
  readonly #schemas = new Map<string, Schema>()

  /** Refers to a schema. `build` may refer to it again: messages hold themselves. */
  ref(name: string, build: () => Schema): Schema {
    if (!this.#schemas.has(name)) {
      this.#schemas.set(name, {})
      this.#schemas.set(name, build())
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** All schemas by name, in the order of the names. */
  schemas(): Record<string, Schema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
