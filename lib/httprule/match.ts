import { compileCapture } from './capture.ts'
import { cutVerb, decodeSegment, splitPath } from './path.ts'
import { type Shape, shapeOf } from './shape.ts'
import type { Template } from './template.ts'

/** What a template finds in a path: the values of its variables by field path. Null: the path does not match. */
export type Capture = (rawPath: string) => Map<string, string> | null

/**
 * Compiles the match of one template, without a look at any other: a path that another rule would win matches as well.
 * It works on the raw path, without the query.
 *
 * @returns a function that throws BindError (INVALID_PATH) when the template matches but a value is malformed.
 */
export function captureFrom(template: Template): Capture {
  const shape = shapeOf(template)
  const capture = compileCapture(template)
  return rawPath => {
    const segments = matchShape(shape, rawPath)
    return segments === null ? null : capture(`/${segments.join('/')}`)
  }
}

/** The raw segments of a path that a shape matches, without the verb. Null when it does not match. */
export function matchShape({ parts, open, verb }: Shape, rawPath: string): string[] | null {
  let segments = splitPath(rawPath)
  if (segments !== null && verb !== null) {
    const cut = cutVerb(segments)
    segments = cut !== null && decodeSegment(cut.verb) === verb ? cut.segments : null
  }
  if (segments === null) return null
  if (open ? segments.length < parts.length : segments.length !== parts.length) return null
  for (const [index, part] of parts.entries()) {
    if (part !== null && part !== decodeSegment(segments[index]!)) return null
  }
  return segments
}
