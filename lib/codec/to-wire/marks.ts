/** A bit in the words that an object has among the marks. */
export interface Mark {
  word: number
  bit: number
}

/** The mark with a number, from 0. */
export function markOf(number: number): Mark {
  return { word: number >>> 5, bit: 1 << (number & 31) }
}

/** How many words hold that many marks. */
export function wordsFor(count: number): number {
  return (count + 31) >>> 5
}

/**
 * What each object around the position has had so far, as bits: the names of fields, and the oneofs. A stack of words
 * that is kept from text to text, so that no object needs a set of its own.
 */
export class Marks {
  #words = new Int32Array(512)
  #top = 0

  clear(): void {
    this.#top = 0
  }

  /** Begins an object with that many words, all clear. What is returned tells its words from those of the others. */
  push(words: number): number {
    const base = this.#top
    const top = base + words
    if (top > this.#words.length) this.#grow(top)
    for (let index = base; index < top; index++) this.#words[index] = 0
    this.#top = top
    return base
  }

  /** Ends the object that has been begun last. */
  pop(base: number): void {
    this.#top = base
  }

  has(base: number, mark: Mark): boolean {
    return (this.#words[base + mark.word]! & mark.bit) !== 0
  }

  set(base: number, mark: Mark): void {
    this.#words[base + mark.word]! |= mark.bit
  }

  #grow(size: number): void {
    const words = new Int32Array(size * 2)
    words.set(this.#words)
    this.#words = words
  }
}
