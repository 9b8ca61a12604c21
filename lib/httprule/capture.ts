import { BindError } from '../transcode/errors.ts'
import { decodePercent, decodePercentExceptSlash, hasControl, PercentError } from './percent.ts'
import type { Template, Variable } from './template.ts'

/**
 * The values of a template's variables, by field path.
 *
 * @param path a raw path that the template matches, without the verb.
 * @throws BindError (INVALID_PATH) with every value that is malformed.
 */
export type CapturePath = (path: string) => Map<string, string>

/** Compiles how a template's variables get their values. */
export function compileCapture({ segments, variables }: Template): CapturePath {
  return path => {
    const values = new Map<string, string>()
    let errors: BindError['violations'] | null = null
    // The end of what is behind: `index` segments.
    let at = 0
    let index = 0
    for (const { fieldPath, start, end, multi } of variables) {
      at = skipSegments(path, at, start - index)
      const stop = end === segments.length ? path.length : skipSegments(path, at, end - start)
      index = end
      try {
        values.set(fieldPath, valueIn(path.slice(at + 1, stop), multi))
      } catch (error) {
        if (!(error instanceof PercentError)) throw error
        errors = [...(errors ?? []), { reason: 'INVALID_PATH', field: fieldPath, description: error.message }]
      }
      at = stop
    }
    if (errors === null) return values
    const [first, ...others] = errors
    throw new BindError(first!, ...others)
  }
}

/** Where the segment ends that is `count` further; the end of the path when there are fewer. */
function skipSegments(path: string, from: number, count: number): number {
  let at = from
  for (let skipped = 0; skipped < count; skipped++) {
    const found = path.indexOf('/', at + 1)
    if (found === -1) return path.length
    at = found
  }
  return at
}

/** `.` or `..` between slashes of any spelling, or a slash in front: what a careless upstream resolves as a path. */
const TRAVERSAL = /(?:^|[/\\]|%2f)\.{1,2}(?:$|[/\\]|%2f)|^(?:[/\\]|%2f)/i

/** Whether a path may carry a value at all: without control characters, and without what climbs out of its place. */
export function isPathValue(value: string): boolean {
  return !hasControl(value) && !TRAVERSAL.test(value)
}

/** One segment that is its own value: nothing to decode, and no `.` or `..`. Almost all are. */
const PLAIN = /^[\w~-][\w.~-]*$/

function valueIn(raw: string, multi: Variable['multi']): string {
  if (PLAIN.test(raw)) return raw
  const value = multi ? decodePercentExceptSlash(raw) : decodePercent(raw)
  if (TRAVERSAL.test(value)) {
    throw new PercentError('must not be a path with "." or ".." segments, or an absolute one')
  }
  return value
}
