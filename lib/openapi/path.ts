import type { HttpRule } from '../httprule/rules.ts'
import type { Segment, Template, Variable } from '../httprule/template.ts'

/** A part of a path that is left open, as OpenAPI has it: always one segment. */
export interface PathParameter {
  name: string
  /** The variable that it is, or is part of; null when it is captured nowhere. */
  variable: Variable | null
  /** What people have to know about it. */
  note: string | undefined
}

/** A path template of OpenAPI. */
export interface Path {
  text: string
  parameters: readonly PathParameter[]
}

/** Paths of OpenAPI that differ in the names of their parameters only are the same path (section 4.8.8.2 of the specification). */
export function hierarchyOf({ text }: Path): string {
  return text.replace(/\{[^{}]*\}/g, '{}')
}

/** Whether a template has no fixed number of segments. */
export function isOpen({ template }: HttpRule): boolean {
  return template.segments.at(-1)?.kind === 'doubleStar'
}

/**
 * Writes a template as a path of OpenAPI. That knows only parameters of one segment, so that a variable of several becomes
 * several: `{name=shelves/*}` is `shelves/{name}`, and `{name=shelves/*\/books/*}` is `shelves/{name.1}/books/{name.2}`.
 *
 * @param openSegments how many segments stand for `**`, which matches any number of them.
 */
export function pathOf({ template }: HttpRule, openSegments = 1): Path {
  const { segments, variables, verb } = template
  const namers = new Map(variables.map(variable => [variable, namerOf(template, variable, openSegments)]))
  const nameUnbound = numbered('segment', Number.POSITIVE_INFINITY)
  const parameters: PathParameter[] = []
  const open = (segment: Segment, index: number): string => {
    const variable = variables.find(({ start, end }) => start <= index && index < end) ?? null
    const name = (variable === null ? nameUnbound : namers.get(variable)!)()
    parameters.push({ name, variable, note: noteOf(template, variable, segment) })
    return `{${name}}`
  }
  const parts = segments.flatMap((segment, index) => {
    if (segment.kind === 'literal') return [segment.value]
    const count = segment.kind === 'doubleStar' ? openSegments : 1
    return Array.from({ length: count }, () => open(segment, index))
  })
  return { text: `/${parts.join('/')}${verb === null ? '' : `:${verb}`}`, parameters }
}

/** Names the parameters of a variable: after its field, and counted when there are several. */
function namerOf({ segments }: Template, { fieldPath, start, end }: Variable, openSegments: number): () => string {
  const wildcards = segments.slice(start, end).filter(({ kind }) => kind !== 'literal')
  const count = wildcards.length + (wildcards.at(-1)?.kind === 'doubleStar' ? openSegments - 1 : 0)
  return numbered(fieldPath, count)
}

function numbered(name: string, count: number): () => string {
  let next = 1
  // No field has a number for a name, so that no other parameter has this one.
  return () => (count === 1 ? name : `${name}.${next++}`)
}

function noteOf({ segments }: Template, variable: Variable | null, segment: Segment): string | undefined {
  const any = segment.kind === 'doubleStar' ? 'Stands for any number of segments, slashes and all.' : undefined
  if (variable === null) return any ?? 'Any segment.'
  const { fieldPath, start, end } = variable
  if (end - start === 1) return any
  const pattern = segments.slice(start, end).map(textOf).join('/')
  return [`Part of \`${fieldPath}\`, which is \`${pattern}\`.`, any].filter(text => text !== undefined).join(' ')
}

function textOf(segment: Segment): string {
  if (segment.kind === 'literal') return segment.value
  return segment.kind === 'star' ? '*' : '**'
}
