import type { JsonBuffer } from './json-buffer.ts'

/** Up to so many keys are compared with each other; of more, strings are made. */
const MAX_COMPARED = 32

/** The keys of a map that were printed so far, by where they are in the text. */
export class KeySet {
  /** Where the first keys begin and end. */
  readonly #spans: number[] = []
  #texts: Set<string> | undefined

  /** Adds the key that was printed last, from `start` on. False when it was there already. */
  add(out: JsonBuffer, start: number): boolean {
    if (this.#texts === undefined && this.#spans.length < MAX_COMPARED * 2) {
      if (this.#hasSpan(out, start)) return false
      this.#spans.push(start, out.pos)
      return true
    }
    this.#texts ??= this.#textsOfSpans(out)
    const { size } = this.#texts
    return this.#texts.add(out.textBetween(start, out.pos)).size > size
  }

  #hasSpan(out: JsonBuffer, start: number): boolean {
    const length = out.pos - start
    for (let index = 0; index < this.#spans.length; index += 2) {
      const from = this.#spans[index]!
      if (this.#spans[index + 1]! - from === length && isSame(out.bytes, from, start, length)) return true
    }
    return false
  }

  #textsOfSpans(out: JsonBuffer): Set<string> {
    const texts = new Set<string>()
    for (let index = 0; index < this.#spans.length; index += 2) {
      texts.add(out.textBetween(this.#spans[index]!, this.#spans[index + 1]!))
    }
    return texts
  }
}

function isSame(bytes: Uint8Array, left: number, right: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (bytes[left + index] !== bytes[right + index]) return false
  }
  return true
}
