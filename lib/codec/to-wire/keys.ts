import { randomBytes } from 'node:crypto'
import { BACKSLASH, QUOTE, SPACE } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { duplicateKey } from './refusals.ts'
import { copyString, readNameAt } from './strings.ts'
import { Writer } from './writer.ts'

/** The parameters of the hash, unknown outside: nobody can prepare many keys that all have the same one. */
const SEED = randomBytes(4).readInt32LE()
const FACTOR = randomBytes(4).readInt32LE() | 1

/** For so many keys there is always room. A power of two. */
const KEPT_SIZE = 4096

/**
 * The keys that the objects around the position have had so far, but for those that are fields, which have marks. This is
 * one hash table over places in the text: a key becomes no string, and an object needs no set of its own.
 *
 * Objects are begun and ended as on a stack, and so a key hides those before it with the same place in the table until it
 * is taken out again.
 */
export class Keys {
  #count = 0
  /** Where each key begins and ends: in the text, or in `#unescaped`, where the beginning is the complement. */
  #starts = new Int32Array(KEPT_SIZE)
  #ends = new Int32Array(KEPT_SIZE)
  #hashes = new Int32Array(KEPT_SIZE)
  /** The key that each one hides. */
  #hidden = new Int32Array(KEPT_SIZE)
  /** The last key by the low bits of its hash. */
  #heads = new Int32Array(KEPT_SIZE).fill(-1)
  /** What the keys mean that are written with escapes. */
  readonly #unescaped = new Writer(KEPT_SIZE)

  /** Begins an object. What is returned tells its keys from those of the others. */
  push(): number {
    return this.#count
  }

  /** Ends the object that has been begun last. */
  pop(base: number): void {
    const mask = this.#heads.length - 1
    for (let key = this.#count - 1; key >= base; key--) {
      this.#heads[this.#hashes[key]! & mask] = this.#hidden[key]!
      if (this.#starts[key]! < 0) this.#unescaped.position = ~this.#starts[key]!
    }
    this.#count = base
  }

  /** Ends all objects, and lets go of what many keys needed. */
  release(): void {
    this.pop(0)
    // A key that was refused has not been popped.
    this.#unescaped.start()
    this.#unescaped.release()
    if (this.#starts.length > KEPT_SIZE) this.#resize(KEPT_SIZE)
  }

  /**
   * Goes behind the key at the position, which belongs to the object that has been begun last.
   *
   * @throws BindError DUPLICATE_KEY when the object has had it.
   */
  pass(cursor: Cursor, base: number): void {
    const { bytes, position: before } = cursor
    if (bytes[before] !== QUOTE) cursor.fail(before)
    let position = before + 1
    let hash = SEED
    for (;;) {
      const byte = bytes[position]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        this.#passEscaped(cursor, base)
        return
      }
      if (byte < SPACE) cursor.fail(position)
      hash = mixed(hash, byte)
      position++
    }
    if (this.#has(bytes, base, before + 1, position, hash)) throw duplicateKey(readNameAt(cursor, before))
    this.#add(before + 1, position, hash)
    cursor.position = position + 1
  }

  #passEscaped(cursor: Cursor, base: number): void {
    const before = cursor.position
    const start = this.#unescaped.position
    copyString(cursor, this.#unescaped)
    const { bytes, position: end } = this.#unescaped
    let hash = SEED
    for (let position = start; position < end; position++) hash = mixed(hash, bytes[position]!)
    if (this.#has(cursor.bytes, base, ~start, end, hash)) throw duplicateKey(readNameAt(cursor, before))
    this.#add(~start, end, hash)
  }

  #has(text: Buffer, base: number, start: number, end: number, hash: number): boolean {
    let key = this.#heads[hash & (this.#heads.length - 1)]!
    for (; key >= base; key = this.#hidden[key]!) {
      if (this.#hashes[key] === hash && this.#isSame(text, key, start, end)) return true
    }
    return false
  }

  #isSame(text: Buffer, key: number, start: number, end: number): boolean {
    const one = this.#starts[key]! < 0 ? this.#unescaped.bytes : text
    const other = start < 0 ? this.#unescaped.bytes : text
    const oneStart = this.#starts[key]! < 0 ? ~this.#starts[key]! : this.#starts[key]!
    const otherStart = start < 0 ? ~start : start
    const length = end - otherStart
    if (this.#ends[key]! - oneStart !== length) return false
    for (let index = 0; index < length; index++) {
      if (one[oneStart + index] !== other[otherStart + index]) return false
    }
    return true
  }

  #add(start: number, end: number, hash: number): void {
    if (this.#count === this.#starts.length) this.#resize(this.#count * 2)
    const key = this.#count++
    const head = hash & (this.#heads.length - 1)
    this.#starts[key] = start
    this.#ends[key] = end
    this.#hashes[key] = hash
    this.#hidden[key] = this.#heads[head]!
    this.#heads[head] = key
  }

  #resize(size: number): void {
    this.#starts = resized(this.#starts, size)
    this.#ends = resized(this.#ends, size)
    this.#hashes = resized(this.#hashes, size)
    this.#hidden = new Int32Array(size)
    this.#heads = new Int32Array(size).fill(-1)
    for (let key = 0; key < this.#count; key++) {
      const head = this.#hashes[key]! & (size - 1)
      this.#hidden[key] = this.#heads[head]!
      this.#heads[head] = key
    }
  }
}

function mixed(hash: number, byte: number): number {
  const product = Math.imul(hash ^ byte, FACTOR)
  return product ^ (product >>> 15)
}

function resized(from: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(size)
  to.set(from.subarray(0, size))
  return to
}
