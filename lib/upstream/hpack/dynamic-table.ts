import { fieldBytes } from './header-fields.ts'

/** The dynamic table (RFC 7541, section 2.3.2): the newest field has index 0 here; the oldest make room for new ones. */
export class DynamicTable {
  #maxBytes: number
  #bytes = 0
  /** A ring: the newest is at `#newest`, older ones before it. */
  #names: string[] = new Array(16).fill('')
  #values: string[] = new Array(16).fill('')
  #newest = 0
  #count = 0

  /** @param maxBytes what all fields together may have, each counted with 32 bytes more than its octets. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** @param index below `count`. */
  nameAt(index: number): string {
    return this.#names[this.#slot(index)]!
  }

  /** @param index below `count`. */
  valueAt(index: number): string {
    return this.#values[this.#slot(index)]!
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#evict(maxBytes)
  }

  /** One that is larger than the whole table empties it (RFC 7541, section 4.4). */
  add(name: string, value: string): void {
    const bytes = fieldBytes(name, value)
    this.#evict(this.#maxBytes - bytes)
    if (bytes > this.#maxBytes) return
    if (this.#count === this.#names.length) this.#grow()
    this.#newest = (this.#newest + 1) % this.#names.length
    this.#names[this.#newest] = name
    this.#values[this.#newest] = value
    this.#count += 1
    this.#bytes += bytes
  }

  #evict(maxBytes: number): void {
    while (this.#count > 0 && this.#bytes > maxBytes) {
      const slot = this.#slot(this.#count - 1)
      this.#bytes -= fieldBytes(this.#names[slot]!, this.#values[slot]!)
      this.#names[slot] = ''
      this.#values[slot] = ''
      this.#count -= 1
    }
  }

  #slot(index: number): number {
    const { length } = this.#names
    return (this.#newest - index + length) % length
  }

  #grow(): void {
    const oldestFirst = Array.from({ length: this.#count }, (_, at) => this.#slot(this.#count - 1 - at))
    const room = new Array<string>(this.#count).fill('')
    this.#names = [...oldestFirst.map(slot => this.#names[slot]!), ...room]
    this.#values = [...oldestFirst.map(slot => this.#values[slot]!), ...room]
    this.#newest = this.#count - 1
  }
}
