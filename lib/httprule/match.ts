import { BindError } from '../transcode/errors.ts'
import { decodePercent, decodePercentExceptSlash, PercentError } from './percent.ts'
import type { Segment, Template, Variable } from './template.ts'

/** What a template finds in a path: the values of its variables by field path. Null: the path does not match. */
export type Capture = (rawPath: string) => Map<string, string> | null

/** Characters that find-my-way leaves encoded when it decodes a path, and so compares as they were sent. */
const LEFT_ENCODED = /[#$&+,/:;=?@%]/

/**
 * The pattern of find-my-way, Fastify's router, that matches all that the template matches, and possibly more: what it
 * lets through, `captureFrom` has to confirm. Several templates may have the same pattern.
 */
export function routerPath(template: Template): string {
  const { segments, verb } = template
  const parts = segments.map(routerSegment)
  if (segments.at(-1)?.kind === 'doubleStar') {
    parts.pop()
    // Directly behind text, `/files*` also matches `/files`, as `**` does. It cannot stand behind a parameter.
    while (parts.at(-1)?.startsWith(':')) parts.pop()
    return `${join(parts)}*`
  }
  if (verb === null) return join(parts)
  const last = parts.pop() as string
  if (!isStatic(verb)) return join([...parts, `:p${parts.length}`])
  // Without the expression, find-my-way would take `p0::verb` for the name of the parameter.
  return join([...parts, `${last}${last.startsWith(':') ? '(.+)' : ''}::${decodeURIComponent(verb)}`])
}

function join(parts: string[]): string {
  return parts.map(part => `/${part}`).join('')
}

function routerSegment(segment: Segment, index: number): string {
  return segment.kind === 'literal' && isStatic(segment.value) ? decodeURIComponent(segment.value) : `:p${index}`
}

/** Whether find-my-way compares this text decoded, as the template means it. */
function isStatic(literal: string): boolean {
  return !LEFT_ENCODED.test(decodeURIComponent(literal))
}

/**
 * Compiles the exact match of a template. It works on the raw path, without the query: the path is split at its slashes
 * first and decoded after, so that no `%2F` ever becomes a border between segments. Empty segments never match: `/a/` and
 * `//a` are other paths than `/a`.
 *
 * @returns a function that throws BindError (INVALID_PATH) when the template matches but a value is malformed.
 */
export function captureFrom(template: Template): Capture {
  const { segments, variables, verb } = template
  const matchVerb = verb === null ? null : literalMatcher(verb)
  const matchers = segments.map(segmentMatcher)
  const open = segments.at(-1)?.kind === 'doubleStar'
  const fixed = open ? segments.length - 1 : segments.length

  return rawPath => {
    const raw = rawPath.split('/')
    // A path begins with a slash, so the first part is empty.
    if (raw.shift() !== '') return null
    if (matchVerb !== null && !takeVerb(raw, matchVerb)) return null
    if (open ? raw.length < fixed : raw.length !== fixed) return null
    for (let index = 0; index < raw.length; index++) {
      const segment = raw[index] as string
      if (segment === '' || (index < fixed && !(matchers[index] as Matcher)(segment))) return null
    }
    const values = new Map<string, string>()
    for (const variable of variables) {
      const end = variable.end === segments.length ? raw.length : variable.end
      values.set(variable.fieldPath, variableValue(variable, raw.slice(variable.start, end)))
    }
    return values
  }
}

type Matcher = (rawSegment: string) => boolean

function segmentMatcher(segment: Segment): Matcher {
  return segment.kind === 'literal' ? literalMatcher(segment.value) : () => true
}

/** Compares with both sides decoded: `%41` is `A` (RFC 3986, section 6.2.2.2). */
function literalMatcher(literal: string): Matcher {
  const decoded = decodeURIComponent(literal)
  return raw => {
    if (raw === literal) return true
    if (!raw.includes('%')) return raw === decoded
    try {
      return decodeURIComponent(raw) === decoded
    } catch {
      return false
    }
  }
}

/** Cuts the verb off the last segment. False when it has none. */
function takeVerb(raw: string[], matchVerb: Matcher): boolean {
  const last = raw.at(-1) ?? ''
  const colon = last.lastIndexOf(':')
  if (colon === -1 || !matchVerb(last.slice(colon + 1))) return false
  raw[raw.length - 1] = last.slice(0, colon)
  return true
}

/** `.` or `..` between slashes of any spelling, or a slash in front: what a careless upstream resolves as a path. */
const TRAVERSAL = /(?:^|[/\\]|%2f)\.{1,2}(?:$|[/\\]|%2f)|^(?:[/\\]|%2f)/i

function variableValue({ fieldPath, multi }: Variable, raw: string[]): string {
  try {
    const value = raw.map(multi ? decodePercentExceptSlash : decodePercent).join('/')
    if (TRAVERSAL.test(value))
      throw new PercentError('must not be a path with "." or ".." segments, or an absolute one')
    return value
  } catch (error) {
    if (!(error instanceof PercentError)) throw error
    throw new BindError({ reason: 'INVALID_PATH', field: fieldPath, description: error.message })
  }
}
