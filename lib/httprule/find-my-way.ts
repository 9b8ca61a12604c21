import type { Segment, Template, Variable } from './template.ts'

/** A pattern of find-my-way, Fastify's router, that reaches whatever a template matches. */
export interface RouterPath {
  /** As `url` of a route: `/v1/books/:id`. */
  pattern: string
  /** Whether it reaches nothing else. If not, several templates may share it. */
  exact: boolean
}

/**
 * Characters that find-my-way leaves encoded when it decodes a path, and so compares as they were sent, and `*`, which is
 * none of a text to it. A segment that has one in its template becomes a parameter.
 */
const NOT_STATIC = /[#$&+,/:;=?@%*]/

/** The pattern that looks most like the template among those that reach all that it matches. */
export function routerPath(template: Template): RouterPath {
  const { segments, verb } = template
  const parts = segments.map((segment, index) => routerSegment(template, segment, index))
  const isParameter = (part: string | undefined) => part?.startsWith(':') === true
  let exact = segments.every((segment, index) => segment.kind !== 'literal' || !isParameter(parts[index]))
  if (segments.at(-1)?.kind === 'doubleStar') {
    parts.pop()
    // Directly behind text, `/files*` also matches `/files`, as `**` does. It cannot stand behind a parameter.
    while (isParameter(parts.at(-1))) parts.pop()
    return { pattern: parts.length === 0 ? '/*' : `${join(parts)}*`, exact: false }
  }
  if (verb !== null) {
    const last = parts.pop()!
    const text = decodeURIComponent(verb)
    if (isParameter(last) || NOT_STATIC.test(text)) exact = false
    // Behind a parameter, the verb is left to the router of the rules.
    if (isParameter(last)) parts.push(last)
    else parts.push(exact ? `${last}::${text}` : `:segment_${segments.length}`)
  }
  return { pattern: join(parts), exact }
}

/** A pattern that reaches more than another, for when find-my-way takes no more routes for that one. Null: there is none. */
export function widerPath(pattern: string): string | null {
  const parameter = pattern.search(/:[^:]/)
  if (parameter !== -1) return `${pattern.slice(0, parameter)}*`
  return pattern.endsWith('*') && pattern.length > 2 ? `${pattern.slice(0, -2)}*` : null
}

function join(parts: string[]): string {
  return parts.map(part => `/${part}`).join('')
}

function routerSegment({ variables }: Template, segment: Segment, index: number): string {
  if (segment.kind === 'literal') {
    const text = decodeURIComponent(segment.value)
    if (!NOT_STATIC.test(text)) return text
  }
  const variable = variables.find(({ start, end }) => start <= index && index < end)
  return `:${variable === undefined ? `segment_${index + 1}` : parameterName(variable, index)}`
}

function parameterName({ fieldPath, start, end }: Variable, index: number): string {
  const name = fieldPath.replaceAll('.', '_')
  return end - start === 1 ? name : `${name}_${index - start + 1}`
}
