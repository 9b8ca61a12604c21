import { DynamicTable } from './dynamic-table.ts'
import { fieldBytes, type HeaderFields } from './header-fields.ts'
import { encodeHuffman, huffmanLength } from './huffman.ts'
import { staticCount, staticIndex, staticNameIndex } from './static-table.ts'

/** Fields that many blocks have, such as those of all calls of one method. Encoded once, and then copied. */
export class HeaderTemplate {
  readonly fields: HeaderFields
  /** The most that they take in a block, in bytes. */
  readonly maxBytes: number

  constructor(fields: HeaderFields) {
    this.fields = fields
    this.maxBytes = maxLiteralBytes(fields)
  }
}

/** A template as the table of one connection has it. */
interface Encoded {
  /** What says the fields, when all that can be in the table is there. */
  bytes: Buffer
  /** The state of the table that `bytes` is of. */
  generation: number
}

/** The largest table that we keep, whatever the peer allows. */
const maxTableBytes = 4096

/** An integer below 2^28 has at most this many octets. */
const maxIntegerBytes = 5

/** Values that no table may hold, where a guess could be tried against them (RFC 7541, section 7.1.3). */
const secretNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * Names that most calls have, and with ever new values: the first such field enters the table for its name, which later ones
 * say by index.
 */
const recurringNames: ReadonlySet<string> = new Set([
  'grpc-timeout',
  'grpc-encoding',
  'grpc-previous-rpc-attempts',
  'traceparent',
  'tracestate',
  'x-request-id'
])

/** The most of the table that a recurring name may take, with the value it came with, in bytes. */
const maxRecurringBytes = 256

/** What the first octet of a literal says, and how many bits of it are left for the index of the name. */
const entersTable = { pattern: 0x40, prefixBits: 6 } as const
const staysOutside = { pattern: 0x00, prefixBits: 4 } as const
const neverIndexed = { pattern: 0x10, prefixBits: 4 } as const

type Literal = typeof entersTable | typeof staysOutside | typeof neverIndexed

/**
 * Writes the header blocks of one connection. What templates say enters the table once, and is never evicted: when the table
 * is full, the rest stay literals. So the bytes of a template change only when a field enters.
 */
export class HpackEncoder {
  readonly #table = new DynamicTable(maxTableBytes)
  /** By name and value, counted from the oldest: `count - 1 - place` is the index. */
  readonly #places = new Map<string, number>()
  readonly #namePlaces = new Map<string, number>()
  readonly #encoded = new WeakMap<HeaderTemplate, Encoded>()
  #generation = 0
  /** Sizes of the table to tell the peer with the next block: the least since the last one, and the last. */
  #leastSize: number | null = null
  #lastSize = maxTableBytes

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(bytes: number): void {
    const size = Math.min(bytes, maxTableBytes)
    if (size === this.#lastSize) return
    // Emptied rather than shrunk: what is left would be of no use, and to be full is to be full.
    this.#leastSize = 0
    this.#lastSize = size
    this.#table.resize(0)
    this.#table.resize(size)
    this.#places.clear()
    this.#namePlaces.clear()
    this.#generation += 1
  }

  /** An upper bound of what `write` takes, in bytes. */
  maxLength(templates: readonly HeaderTemplate[], extra: HeaderFields): number {
    let bytes = 2 * maxIntegerBytes + maxLiteralBytes(extra)
    for (const { maxBytes } of templates) bytes += maxBytes
    return bytes
  }

  /** Writes a block of the templates' fields and, behind them, `extra`; answers where it ends. */
  write(target: Buffer, offset: number, templates: readonly HeaderTemplate[], extra: HeaderFields): number {
    let to = this.#writeSizes(target, offset)
    for (const template of templates) to = this.#writeTemplate(target, to, template)
    for (let at = 0; at < extra.length; at += 2) to = this.#writeExtra(target, to, extra[at]!, extra[at + 1]!)
    return to
  }

  #writeSizes(target: Buffer, offset: number): number {
    if (this.#leastSize === null) return offset
    let to = writeInteger(target, offset, 0x20, 5, this.#leastSize)
    if (this.#lastSize !== this.#leastSize) to = writeInteger(target, to, 0x20, 5, this.#lastSize)
    this.#leastSize = null
    return to
  }

  #writeTemplate(target: Buffer, offset: number, template: HeaderTemplate): number {
    const known = this.#encoded.get(template)
    if (known !== undefined && known.generation === this.#generation) {
      target.set(known.bytes, offset)
      return offset + known.bytes.length
    }
    const before = this.#generation
    const end = this.#writeFields(target, offset, template.fields)
    // The block that enters fields says them in full; the next one has their indices.
    if (this.#generation === before) {
      this.#encoded.set(template, { bytes: Buffer.from(target.subarray(offset, end)), generation: before })
    }
    return end
  }

  #writeFields(target: Buffer, offset: number, fields: HeaderFields): number {
    let to = offset
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!
      const value = fields[at + 1]!
      const index = staticIndex(name, value) ?? this.#dynamicIndex(this.#places.get(keyOf(name, value)))
      if (index !== undefined) to = writeInteger(target, to, 0x80, 7, index)
      else if (this.#mayEnter(name, value, maxTableBytes)) to = this.#enter(target, to, name, value)
      else to = this.#writeLiteral(target, to, outsideOf(name), name, value, writeShortest)
    }
    return to
  }

  #writeExtra(target: Buffer, offset: number, name: string, value: string): number {
    const isNewName = recurringNames.has(name) && !this.#namePlaces.has(name)
    if (isNewName && this.#mayEnter(name, value, maxRecurringBytes)) return this.#enter(target, offset, name, value)
    // What is said once is not worth the time to press it.
    return this.#writeLiteral(target, offset, outsideOf(name), name, value, writeString)
  }

  #enter(target: Buffer, offset: number, name: string, value: string): number {
    const to = this.#writeLiteral(target, offset, entersTable, name, value, writeShortest)
    const place = this.#table.count
    this.#table.add(name, value)
    this.#places.set(keyOf(name, value), place)
    this.#namePlaces.set(name, place)
    this.#generation += 1
    return to
  }

  #mayEnter(name: string, value: string, mostBytes: number): boolean {
    const bytes = fieldBytes(name, value)
    return bytes <= mostBytes && this.#table.bytes + bytes <= this.#table.maxBytes && !secretNames.has(name)
  }

  #writeLiteral(
    target: Buffer,
    offset: number,
    literal: Literal,
    name: string,
    value: string,
    writeText: typeof writeString
  ): number {
    const index = staticNameIndex.get(name) ?? this.#dynamicIndex(this.#namePlaces.get(name)) ?? 0
    let to = writeInteger(target, offset, literal.pattern, literal.prefixBits, index)
    if (index === 0) to = writeText(target, to, name)
    return writeText(target, to, value)
  }

  #dynamicIndex(place: number | undefined): number | undefined {
    return place === undefined ? undefined : staticCount + this.#table.count - place
  }
}

/** How a field is said that does not enter the table. */
function outsideOf(name: string): Literal {
  return secretNames.has(name) ? neverIndexed : staysOutside
}

function keyOf(name: string, value: string): string {
  return `${name}\0${value}`
}

function maxLiteralBytes(fields: HeaderFields): number {
  let bytes = 0
  for (const text of fields) bytes += text.length + maxIntegerBytes
  return bytes + (fields.length / 2) * maxIntegerBytes
}

function writeShortest(target: Buffer, offset: number, text: string): number {
  const length = huffmanLength(text)
  if (length >= text.length) return writeString(target, offset, text)
  return encodeHuffman(target, writeInteger(target, offset, 0x80, 7, length), text)
}

function writeString(target: Buffer, offset: number, text: string): number {
  const start = writeInteger(target, offset, 0x00, 7, text.length)
  return start + target.write(text, start, 'latin1')
}

/** Writes an integer behind the bits of `pattern` (RFC 7541, section 5.1). */
function writeInteger(target: Buffer, offset: number, pattern: number, prefixBits: number, value: number): number {
  const mask = (1 << prefixBits) - 1
  if (value < mask) {
    target[offset] = pattern | value
    return offset + 1
  }
  target[offset] = pattern | mask
  let to = offset + 1
  let rest = value - mask
  for (; rest >= 0x80; rest >>>= 7) target[to++] = (rest & 0x7f) | 0x80
  target[to++] = rest
  return to
}
