import { isUtf8 } from 'node:buffer'
import { BindError } from '../transcode/errors.ts'
import type { ViolationReason } from './violations.ts'

/** How deep arrays and objects may nest in one another. */
const MAX_DEPTH = 100

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Parses the JSON text of a request (RFC 8259), and refuses what `JSON.parse` lets pass although two readers may
 * understand it differently: invalid UTF-8, a byte order mark, an object with the same key twice, nesting over 100 levels.
 *
 * @throws BindError INVALID_JSON or DUPLICATE_KEY.
 */
export function parseJson(text: string | Buffer): unknown {
  const source = typeof text === 'string' ? text : decodeUtf8(text)
  if (source.startsWith('\ufeff')) throw refusal('INVALID_JSON', 'the JSON text must not begin with a byte order mark')
  const value = parse(source)
  const { depth, members } = measure(source)
  if (depth > MAX_DEPTH) throw refusal('INVALID_JSON', `the JSON text must not nest deeper than ${MAX_DEPTH} levels`)
  // Of members with the same key, one is left: counting is several times faster than remembering every key.
  if (countMembers(value) !== members) {
    throw refusal('DUPLICATE_KEY', `the key ${duplicateKey(source)} is twice in the same object`)
  }
  return value
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw refusal('INVALID_JSON', 'the JSON text is not valid UTF-8')
  return bytes.toString('utf8')
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch (error) {
    // The engine's message quotes from the text, which may hold a password, so only the place is taken from it.
    const place = /at position \d+/.exec((error as SyntaxError).message)?.[0]
    throw refusal(
      'INVALID_JSON',
      place === undefined ? 'the body is not valid JSON' : `the body is not valid JSON ${place}`
    )
  }
}

/** How deep a JSON text nests, and how many members all of its objects have together. The text must be valid. */
function measure(source: string): { depth: number; members: number } {
  let members = 0
  let open = 0
  let depth = 0
  for (let index = 0; index < source.length; index++) {
    const character = source.charCodeAt(index)
    if (character === QUOTE) index = endOfString(source, index)
    else if (character === COLON) members++
    else if (character === OPEN_BRACE || character === OPEN_BRACKET) depth = Math.max(depth, ++open)
    else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) open--
  }
  return { depth, members }
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(source: string, start: number): number {
  let end = source.indexOf('"', start + 1)
  while (isEscaped(source, end)) end = source.indexOf('"', end + 1)
  return end
}

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(source: string, index: number): boolean {
  let first = index
  while (source.charCodeAt(first - 1) === BACKSLASH) first--
  return (index - first) % 2 === 1
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  // Objects from JSON.parse inherit nothing enumerable, and this is the fastest way over their keys.
  for (const key in value) count += 1 + countMembers((value as Record<string, unknown>)[key])
  return count
}

/** The first key, as JSON, that an object has twice. The text must be valid and have one. */
function duplicateKey(source: string): string {
  const enclosing: (Set<string> | null)[] = []
  let keys: Set<string> | null = null
  let expectKey = false
  for (let index = 0; index < source.length; index++) {
    switch (source.charCodeAt(index)) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        enclosing.push(keys)
        keys = source.charCodeAt(index) === OPEN_BRACE ? new Set() : null
        expectKey = keys !== null
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        keys = enclosing.pop() ?? null
        break
      case COMMA:
        expectKey = keys !== null
        break
      case QUOTE: {
        const end = endOfString(source, index)
        // The same key may be written with and without escapes.
        const key = JSON.stringify(JSON.parse(source.slice(index, end + 1)))
        if (expectKey && keys?.has(key)) return key
        if (expectKey) keys?.add(key)
        expectKey = false
        index = end
      }
    }
  }
  return ''
}

function refusal(reason: ViolationReason, description: string): BindError {
  return new BindError({ reason, field: '', description })
}
