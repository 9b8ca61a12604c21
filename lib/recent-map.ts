/**
 * A map that holds so many entries at most, and never forgets the half of them that was used last.
 *
 * They are kept in two maps: when the first is half of all, it becomes the second, and what was in that and not used since is
 * forgotten. To move each entry that is used to the end of one map, or to delete the first of it for each that comes, leaves
 * holes that every look at its start has to pass, and costs a new table every few entries.
 */
export class RecentMap<Key, Value> {
  #recent = new Map<Key, Value>()
  #older = new Map<Key, Value>()
  readonly #maxRecent: number

  /** @param maxEntries 2 or more */
  constructor(maxEntries: number) {
    this.#maxRecent = Math.ceil(maxEntries / 2)
  }

  /** How many are held. */
  get size(): number {
    return this.#recent.size + this.#older.size
  }

  /** Uses an entry. */
  get(key: Key): Value | undefined {
    const value = this.#recent.get(key)
    if (value !== undefined || this.#older.size === 0) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    this.#recent.set(key, value)
    if (this.#older.size > 0) this.#older.delete(key)
    if (this.#recent.size < this.#maxRecent) return
    this.#older = this.#recent
    this.#recent = new Map()
  }

  delete(key: Key): void {
    this.#recent.delete(key)
    this.#older.delete(key)
  }

  clear(): void {
    this.#recent.clear()
    this.#older.clear()
  }
}
