import type { Schema } from '../types.ts'

/** What a rule demands of a JSON value: what a schema can say, and sentences about the rest. */
export interface Constraint {
  schema: Schema
  notes: readonly string[]
}

export const unconstrained: Constraint = Object.freeze({ schema: {}, notes: [] })

/** A schema that demands what all of these demand. A keyword that is there already cannot be there once more. */
export function allOf(base: Schema, ...others: readonly Schema[]): Schema {
  let all = base
  for (const other of others) {
    const clashes = Object.keys(other).some(keyword => keyword in all)
    all = clashes ? { ...all, allOf: [...(all.allOf ?? []), other] } : { ...all, ...other }
  }
  return all
}

/** A schema with a constraint; what it cannot say is told in its description. */
export function constrain(base: Schema, { schema, notes }: Constraint): Schema {
  const constrained = allOf(base, schema)
  const description = paragraph(base.description, ...notes)
  return description === undefined ? constrained : { ...constrained, description }
}

/** Sentences as one text; undefined when there are none. A list stands by itself. */
export function paragraph(...sentences: readonly (string | undefined)[]): string | undefined {
  const texts = sentences.filter(sentence => sentence !== undefined && sentence !== '')
  if (texts.length === 0) return undefined
  return texts.reduce((text, next) => `${text}${next!.startsWith('- ') ? '\n\n' : ' '}${next}`)
}

/** `a`, `b` and `c`, as code. */
export function codes(values: readonly unknown[]): string {
  return values.map(value => `\`${String(value)}\``).join(', ')
}
