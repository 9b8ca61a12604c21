import type { Template } from './template.ts'

/** Which paths a template matches, without what it calls their parts. */
export interface Shape {
  /** One per segment: the decoded text of a literal, null for `*`. */
  readonly parts: readonly (string | null)[]
  /** Whether `**` follows the parts. */
  readonly open: boolean
  /** The decoded verb, null without one. */
  readonly verb: string | null
}

/** The shape of a template. Templates that differ in the names of variables, or in the spelling of literals, have equal ones. */
export function shapeOf({ segments, verb }: Template): Shape {
  const open = segments.at(-1)?.kind === 'doubleStar'
  const parts = segments
    .filter(segment => segment.kind !== 'doubleStar')
    .map(segment => (segment.kind === 'literal' ? decodeURIComponent(segment.value) : null))
  return { parts, open, verb: verb === null ? null : decodeURIComponent(verb) }
}

/** Whether two shapes match the same paths. */
export function equalShapes(a: Shape, b: Shape): boolean {
  return (
    a.open === b.open &&
    a.verb === b.verb &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, index) => part === b.parts[index])
  )
}

/**
 * Which of two shapes serves a path that both match: negative for `a`, positive for `b`.
 *
 * 1. One with a verb, before one for which the verb is text.
 * 2. Segment by segment from the left, at the first difference: a literal, before `*`, before the end of the template, before `**`.
 *
 * This is a strict order of all shapes that have a path in common: 0 means that they are equal or have none.
 */
export function compareShapes(a: Shape, b: Shape): number {
  if ((a.verb === null) !== (b.verb === null)) return a.verb === null ? 1 : -1
  const length = Math.min(a.parts.length, b.parts.length)
  for (let index = 0; index <= length; index++) {
    const difference = rank(a, index) - rank(b, index)
    if (difference !== 0) return difference
  }
  return 0
}

function rank({ parts, open }: Shape, index: number): number {
  const part = parts[index]
  if (part === undefined) return open ? 3 : 2
  return part === null ? 1 : 0
}

/**
 * Whether a shape is at no place less specific than another with which it has paths in common. Then it is an exception to
 * the other, and serves the common paths by more than the accident that the first difference counts.
 */
export function isException(a: Shape, b: Shape): boolean {
  if (a.verb === null && b.verb !== null) return false
  const length = Math.max(a.parts.length, b.parts.length)
  for (let index = 0; index <= length; index++) {
    if (rank(a, index) > rank(b, index)) return false
  }
  return true
}
