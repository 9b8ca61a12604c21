import { BindError } from '../transcode/errors.ts'
import { Parts } from './parts.ts'
import type { Splitter, StreamedMessage } from './splitter.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Whitespace of JSON (RFC 8259, section 2). */
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * Where in the text the next byte is.
 *
 *     start --[--> first --byte--> element --,--> next --byte--> element
 *                    |                |
 *                    +-------]--------+--> done
 */
type State = 'start' | 'first' | 'next' | 'element' | 'done'

/**
 * Messages that are the elements of one JSON array (RFC 8259, section 5). Only as much is understood as tells where an
 * element ends; whoever reads the element finds out whether it is JSON.
 */
export class JsonArraySplitter implements Splitter {
  readonly #parts: Parts
  #state: State = 'start'
  /** Arrays and objects that are open in the element. */
  #depth = 0
  #inString = false
  #escaped = false
  #index = 0

  /** @param maxBytes the largest element. */
  constructor(maxBytes: number) {
    this.#parts = new Parts(maxBytes)
  }

  *push(chunk: Uint8Array): Generator<StreamedMessage> {
    let at = 0
    while (at < chunk.length) {
      if (this.#state !== 'element') {
        // The first byte of an element is looked at once more, as a part of it.
        if (this.#stepBetween(chunk[at]!)) at++
        continue
      }
      const end = this.#findEnd(chunk, at)
      this.#parts.add(chunk.subarray(at, end), this.#place)
      if (end === chunk.length) return
      at = end + 1
      this.#state = chunk[end] === COMMA ? 'next' : 'done'
      const place = this.#place
      yield { json: this.#parts.take(), index: this.#index++, place }
    }
  }

  // biome-ignore lint/correctness/useYield: the interface lets the end complete a message, which that of an array never does
  *end(): Generator<StreamedMessage> {
    if (this.#state === 'start') throw invalid('the body must be a JSON array of messages')
    if (this.#state !== 'done') throw invalid(`the JSON array of the body has no end, at ${this.#place}`)
  }

  get #place(): string {
    return `[${this.#index}]`
  }

  /** Reads a byte outside of elements. False when it is the first of an element. */
  #stepBetween(byte: number): boolean {
    if (blanks.has(byte)) return true
    if (this.#state === 'start') {
      if (byte !== OPEN_BRACKET) throw invalid('the body must be a JSON array of messages')
      this.#state = 'first'
      return true
    }
    if (this.#state === 'done') throw invalid('something follows the JSON array of the body')
    if (byte === CLOSE_BRACKET && this.#state === 'first') {
      this.#state = 'done'
      return true
    }
    if (byte === COMMA || byte === CLOSE_BRACKET) throw invalid(`a message is missing at ${this.#place}`)
    this.#state = 'element'
    return false
  }

  /** Where the comma or the bracket behind the element is; the length of the chunk when it is in a later one. */
  #findEnd(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#inString) {
        this.#stepInString(byte)
      } else if (byte === QUOTE) {
        this.#inString = true
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#depth++
      } else if (this.#depth > 0) {
        if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth--
      } else if (byte === COMMA || byte === CLOSE_BRACKET) {
        return at
      }
    }
    return chunk.length
  }

  #stepInString(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#inString = false
  }
}

function invalid(description: string): BindError {
  return new BindError({ reason: 'INVALID_JSON', field: '', description })
}
