import { Parts } from './parts.ts'
import type { Splitter, StreamedMessage } from './splitter.ts'

const LINE_FEED = 0x0a

/** Spaces, tabs and carriage returns: what may stand on a line that has no message. */
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d])

/**
 * Messages on lines of their own, as https://github.com/ndjson/ndjson-spec has it: lines end with LF or CRLF, the last one
 * need not, and blank ones are skipped.
 */
export class NdjsonSplitter implements Splitter {
  readonly #parts: Parts
  #line = 1
  #index = 0

  /** @param maxBytes the longest line. */
  constructor(maxBytes: number) {
    this.#parts = new Parts(maxBytes)
  }

  *push(chunk: Uint8Array): Generator<StreamedMessage> {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#parts.add(chunk.subarray(start, end), this.#place)
      start = end + 1
      yield* this.#takeLine()
    }
    this.#parts.add(chunk.subarray(start), this.#place)
  }

  *end(): Generator<StreamedMessage> {
    yield* this.#takeLine()
  }

  get #place(): string {
    return `line ${this.#line}`
  }

  *#takeLine(): Generator<StreamedMessage> {
    const place = this.#place
    const json = this.#parts.take()
    this.#line += 1
    if (json.every(byte => blanks.has(byte))) return
    yield { json, index: this.#index++, place }
  }
}
