import { isPathValue } from './capture.ts'
import { encodePercent, encodePercentExceptSlash } from './percent.ts'
import type { Segment, Template, Variable } from './template.ts'

/**
 * The path that a template matches with these values: what its match finds in it is what went in. Everything that may
 * surprise a reader of the URL is percent-encoded.
 *
 * @param values the text of each variable, by field path; others are not looked at.
 * @returns null when no path of the template carries them: a value is missing or empty, does not fit the literals of its
 * variable, holds control characters, or `.` or `..` as a segment; or when the template has a `*` that is no variable's.
 */
export function expandTemplate(template: Template, values: ReadonlyMap<string, string>): string | null {
  const { segments, variables, verb } = template
  const parts: string[] = []
  for (let index = 0; index < segments.length; ) {
    const variable = variables.find(({ start }) => start === index)
    const raw = variable === undefined ? expandSegment(segments[index]!) : expandVariable(template, variable, values)
    if (raw === null) return null
    parts.push(...raw)
    index = variable?.end ?? index + 1
  }
  // The verb stands behind a segment, of which the template has none when `**` covers none.
  if (verb !== null && parts.length === 0) return null
  return `/${parts.join('/')}${verb === null ? '' : `:${verb}`}`
}

function expandSegment(segment: Segment): string[] | null {
  if (segment.kind === 'literal') return [segment.value]
  return segment.kind === 'doubleStar' ? [] : null
}

function expandVariable(
  { segments }: Template,
  { fieldPath, start, end, multi }: Variable,
  values: ReadonlyMap<string, string>
): string[] | null {
  const value = values.get(fieldPath)
  if (value === undefined || !isPathValue(value)) return null
  const pattern = segments.slice(start, end)
  const parts = multi ? (value === '' ? [] : value.split('/')) : [value]
  const open = pattern.at(-1)?.kind === 'doubleStar'
  if (open ? parts.length < pattern.length - 1 : parts.length !== pattern.length) return null
  const raw: string[] = []
  for (const [index, part] of parts.entries()) {
    const encoded = multi ? encodePercentExceptSlash(part) : encodePercent(part)
    if (encoded === null || encoded === '' || !fits(encoded, pattern[index])) return null
    raw.push(encoded)
  }
  return raw
}

function fits(encoded: string, segment: Segment | undefined): boolean {
  return segment?.kind !== 'literal' || decodeURIComponent(encoded) === decodeURIComponent(segment.value)
}
