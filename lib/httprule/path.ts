import { hasControl } from './percent.ts'

/**
 * Splits a raw path at its slashes, before anything is decoded, so that no `%2F` ever becomes a border between segments.
 * `/` has no segments: it is the path that a URL without one has (RFC 3986, section 6.2.3).
 *
 * @returns null when no template can match: a path that does not begin with a slash, or that has an empty segment, as
 * `/a/` and `//a` do.
 */
export function splitPath(rawPath: string): string[] | null {
  if (rawPath.charCodeAt(0) !== slash) return null
  const segments: string[] = []
  if (rawPath.length === 1) return segments
  for (let start = 1; ; ) {
    const found = rawPath.indexOf('/', start)
    const end = found === -1 ? rawPath.length : found
    if (end === start) return null
    segments.push(rawPath.slice(start, end))
    if (found === -1) return segments
    start = end + 1
  }
}

const slash = 0x2f

/** Segments whose last one ended with a verb, and that verb, raw. */
export interface VerbCut {
  segments: string[]
  verb: string
}

/** Cuts off what may be a verb: the text behind the last colon. Null when there is none, or nothing before it. */
export function cutVerb(segments: readonly string[]): VerbCut | null {
  const last = segments.at(-1) ?? ''
  const colon = last.lastIndexOf(':')
  if (colon <= 0) return null
  return { segments: [...segments.slice(0, -1), last.slice(0, colon)], verb: last.slice(colon + 1) }
}

/** A raw path without what may be its verb, and that verb, raw. */
export interface PathCut {
  path: string
  verb: string
}

/** Cuts off what may be a verb, as `cutVerb` does. */
export function cutPath(rawPath: string): PathCut | null {
  const colon = rawPath.lastIndexOf(':')
  if (colon <= rawPath.lastIndexOf('/') + 1) return null
  return { path: rawPath.slice(0, colon), verb: rawPath.slice(colon + 1) }
}

/** Stands for a slash in the text of a segment; no literal has a control character. */
const innerSlash = '\u0001'
/** A text that no literal is like. */
const unlikeAny = '\u0002'

/**
 * A raw path in the form in which all spellings of a literal are one: decoded, with the slashes between segments as the
 * only ones. Without segments it is empty.
 *
 * @param depth how many segments are compared at most: the others stay raw, as it may be dear to decode what is malformed.
 * @returns null for a path that does not begin with a slash. Empty segments are as they are: no template matches one.
 */
export function comparablePath(rawPath: string, depth: number): string | null {
  if (rawPath.charCodeAt(0) !== slash) return null
  if (rawPath.length === 1) return ''
  if (!rawPath.includes('%')) return rawPath
  const segments = rawPath.split('/')
  // The first is what is before the first slash.
  for (let index = 1; index <= depth && index < segments.length; index++) {
    segments[index] = comparableSegment(segments[index]!)
  }
  return segments.join('/')
}

function comparableSegment(raw: string): string {
  if (!raw.includes('%')) return raw
  const text = decodeSegment(raw)
  return text === '' || hasControl(text) ? unlikeAny : comparableText(text)
}

/** The decoded text of a literal as it is in a comparable path. */
export function comparableText(text: string): string {
  return text.replaceAll('/', innerSlash)
}

/** Undoes `comparableText`. */
export function decodedText(text: string): string {
  return text.replaceAll(innerSlash, '/')
}

/**
 * A raw segment as literals compare with it: `%41` is `A` (RFC 3986, section 6.2.2.2). Empty, which no literal is, when
 * it is no percent-encoding of UTF-8.
 */
export function decodeSegment(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return ''
  }
}
