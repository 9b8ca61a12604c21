import type { Shape } from './shape.ts'

/** The segments of some paths: decoded literals, null for any text. */
type Parts = readonly (string | null)[]

/** A path that two shapes match, as a URL has it; null when there is none. */
export function findWitness(a: Shape, b: Shape): string | null {
  if (a.verb !== null && b.verb !== null && a.verb !== b.verb) return null
  const verb = a.verb ?? b.verb
  for (const length of commonLengths(a, b)) {
    const common = join(cutVerb(stretch(a, length), a, verb), cutVerb(stretch(b, length), b, verb))
    if (common !== null) return pathOf(common, verb)
  }
  return null
}

/** A path that a shape matches with a number of segments, with `text` for all that may be any. */
export function samplePath(shape: Shape, length: number, text: string): string {
  return pathOf(stretch(shape, length), shape.verb, text)
}

/**
 * The numbers of segments that tell whether there is a common path. Where both shapes are open, all that can keep them
 * apart is in the longer one, or is the verb in the first segment behind it.
 */
function commonLengths(a: Shape, b: Shape): number[] {
  const longest = Math.max(a.parts.length, b.parts.length)
  const fits = ({ parts, open }: Shape) => open || parts.length === longest
  if (!fits(a) || !fits(b)) return []
  return a.open && b.open ? [longest, longest + 1] : [longest]
}

function stretch({ parts }: Shape, length: number): Parts {
  return parts.length === length ? parts : [...parts, ...Array<null>(length - parts.length).fill(null)]
}

/** Takes the verb, which is text for this shape, off the last segment; null when that cannot end with it. */
function cutVerb(parts: Parts, shape: Shape, verb: string | null): Parts | null {
  if (verb === null) return parts
  const last = parts.at(-1)
  if (last === undefined) return null
  if (shape.verb === verb || last === null) return parts
  const suffix = `:${verb}`
  return last.endsWith(suffix) && last !== suffix ? parts.with(-1, last.slice(0, -suffix.length)) : null
}

function join(a: Parts | null, b: Parts | null): Parts | null {
  if (a === null || b === null) return null
  const joined: (string | null)[] = []
  for (const [index, part] of a.entries()) {
    const other = b[index]!
    if (part !== null && other !== null && part !== other) return null
    joined.push(part ?? other)
  }
  return joined
}

function pathOf(parts: Parts, verb: string | null, any = 'x'): string {
  const path = parts.map(part => `/${part === null ? any : encodeURIComponent(part)}`).join('')
  return verb === null ? path || '/' : `${path}:${encodeURIComponent(verb)}`
}
