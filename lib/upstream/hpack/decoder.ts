import { DynamicTable } from './dynamic-table.ts'
import { HpackError } from './errors.ts'
import { fieldBytes, type HeaderFields } from './header-fields.ts'
import { decodeHuffman } from './huffman.ts'
import { staticCount, staticNames, staticValues } from './static-table.ts'

export interface HpackDecoderOptions {
  /** What our SETTINGS_HEADER_TABLE_SIZE announces. */
  maxTableBytes: number
  /** The most that one list may have, each field counted with 32 bytes more than its octets (RFC 9113, section 6.5.2). */
  maxListBytes: number
}

/** The size of the table before the peer has said another (RFC 9113, section 6.5.2). */
const initialTableBytes = 4096

/** No string or index needs an integer above this; it keeps sums within 32 bits. */
const maxInteger = 2 ** 28

/**
 * Reads header blocks (RFC 7541, section 6), of which the first bits tell what each part is:
 *
 *     1xxxxxxx  indexed field             01xxxxxx  literal that enters the table
 *     001xxxxx  size of the table         000?xxxx  literal that does not
 */
export class HpackDecoder {
  readonly #table: DynamicTable
  readonly #maxTableBytes: number
  readonly #maxListBytes: number
  #block: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  #fields: string[] = []
  #listBytes = 0

  constructor({ maxTableBytes, maxListBytes }: HpackDecoderOptions) {
    this.#table = new DynamicTable(initialTableBytes)
    this.#maxTableBytes = maxTableBytes
    this.#maxListBytes = maxListBytes
  }

  /**
   * The fields of the block `block[start..end)`; null when they are larger than `maxListBytes`: the table is right all the
   * same, and the next block can be read.
   *
   * @throws {HpackError} when it is malformed: no further block can be read.
   */
  decode(block: Buffer, start: number, end: number): HeaderFields | null {
    this.#block = block
    this.#at = start
    this.#end = end
    this.#fields = []
    this.#listBytes = 0
    this.#readTableSizes()
    while (this.#at < end) {
      const first = block[this.#at]!
      if (first >= 0x80) this.#readIndexed()
      else if (first >= 0x40) this.#readLiteral(6, true)
      else if (first < 0x20) this.#readLiteral(4, false)
      else throw new HpackError('the size of the table changes within a block')
    }
    const fields = this.#fields
    this.#fields = []
    return this.#listBytes > this.#maxListBytes ? null : fields
  }

  #readIndexed(): void {
    const index = this.#readInteger(7)
    this.#emit(this.#nameAt(index), this.#valueAt(index))
  }

  #readLiteral(prefixBits: number, entersTable: boolean): void {
    const index = this.#readInteger(prefixBits)
    const name = index === 0 ? this.#readString() : this.#nameAt(index)
    const value = this.#readString()
    if (entersTable) this.#table.add(name, value)
    this.#emit(name, value)
  }

  /** Only the beginning of a block may change the size, and must when we allow less than it is (RFC 7541, section 4.2). */
  #readTableSizes(): void {
    while (this.#at < this.#end && this.#block[this.#at]! >> 5 === 1) {
      const bytes = this.#readInteger(5)
      if (bytes > this.#maxTableBytes) throw new HpackError('the table is to be larger than it may be')
      this.#table.resize(bytes)
    }
    if (this.#table.maxBytes > this.#maxTableBytes) throw new HpackError('the table is still larger than it may be')
  }

  #emit(name: string, value: string): void {
    this.#listBytes += fieldBytes(name, value)
    // What is too large is counted to its end, and not kept.
    if (this.#listBytes <= this.#maxListBytes) this.#fields.push(name, value)
  }

  #nameAt(index: number): string {
    if (index <= staticCount && index > 0) return staticNames[index]!
    return this.#table.nameAt(this.#dynamic(index))
  }

  #valueAt(index: number): string {
    if (index <= staticCount && index > 0) return staticValues[index]!
    return this.#table.valueAt(this.#dynamic(index))
  }

  #dynamic(index: number): number {
    const dynamic = index - staticCount - 1
    if (index === 0 || dynamic >= this.#table.count) throw new HpackError(`there is no field ${index}`)
    return dynamic
  }

  #readString(): string {
    if (this.#at >= this.#end) throw new HpackError('a string is missing')
    const isHuffman = this.#block[this.#at]! >= 0x80
    const length = this.#readInteger(7)
    const start = this.#at
    if (length > this.#end - start) throw new HpackError('a string is longer than its block')
    this.#at += length
    return isHuffman ? decodeHuffman(this.#block, start, this.#at) : this.#block.toString('latin1', start, this.#at)
  }

  /** An integer whose beginning is the low `prefixBits` of an octet (RFC 7541, section 5.1). */
  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = this.#block[this.#at++]! & mask
    if (value < mask) return value
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError('an integer is not complete')
      const octet = this.#block[this.#at++]!
      value += (octet & 0x7f) * 2 ** shift
      // Zeros could go on for ever.
      if (value > maxInteger || shift > 28) throw new HpackError('an integer is too large')
      if (octet < 0x80) return value
    }
  }
}
