import { BindError } from '../transcode/errors.ts'
import { decodePercent, decodePercentExceptSlash, hasControl, PercentError } from './percent.ts'
import type { Template, Variable } from './template.ts'

/**
 * The values of a template's variables, by field path.
 *
 * @param segments the raw segments of a path that the template matches, without the verb.
 * @throws BindError (INVALID_PATH) with every value that is malformed.
 */
export type CaptureSegments = (segments: readonly string[]) => Map<string, string>

/** Compiles how a template's variables get their values. */
export function compileCapture({ segments: pattern, variables }: Template): CaptureSegments {
  return segments => {
    const values = new Map<string, string>()
    const errors: BindError['violations'][number][] = []
    for (const { fieldPath, start, end, multi } of variables) {
      try {
        values.set(fieldPath, valueAt(segments, start, end === pattern.length ? segments.length : end, multi))
      } catch (error) {
        if (!(error instanceof PercentError)) throw error
        errors.push({ reason: 'INVALID_PATH', field: fieldPath, description: error.message })
      }
    }
    const [first, ...others] = errors
    if (first !== undefined) throw new BindError(first, ...others)
    return values
  }
}

/** `.` or `..` between slashes of any spelling, or a slash in front: what a careless upstream resolves as a path. */
const TRAVERSAL = /(?:^|[/\\]|%2f)\.{1,2}(?:$|[/\\]|%2f)|^(?:[/\\]|%2f)/i

/** Whether a path may carry a value at all: without control characters, and without what climbs out of its place. */
export function isPathValue(value: string): boolean {
  return !hasControl(value) && !TRAVERSAL.test(value)
}

/** A segment that is its own value: nothing to decode, and no `.` or `..`. Almost all are. */
const PLAIN = /^[\w~-][\w.~-]*$/

function valueAt(segments: readonly string[], start: number, end: number, multi: Variable['multi']): string {
  const first = segments[start]
  if (end === start + 1 && first !== undefined && PLAIN.test(first)) return first
  return variableValue(segments.slice(start, end), multi)
}

function variableValue(raw: string[], multi: Variable['multi']): string {
  const value = raw.map(multi ? decodePercentExceptSlash : decodePercent).join('/')
  if (TRAVERSAL.test(value)) {
    throw new PercentError('must not be a path with "." or ".." segments, or an absolute one')
  }
  return value
}
