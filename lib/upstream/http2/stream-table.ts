import type { ClientStream } from './client-stream.ts'

/** A power of two: so many streams, opened one after the other, have places of their own. */
const places = 1024

/**
 * Streams by their ids. Not a Map: one whose entries come and go is laid out anew again and again, and what it leaves behind,
 * in the old generation of the heap, keeps alive the streams that it held. Here, a stream has a place by its id, which is
 * cleared behind it; only when a stream of long ago still has the place, a Map has the new one.
 */
export class StreamTable {
  readonly #byPlace: (ClientStream | null)[] = new Array(places).fill(null)
  readonly #others = new Map<number, ClientStream>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): ClientStream | null {
    const stream = this.#byPlace[placeOf(id)]!
    if (stream !== null && stream.streamId === id) return stream
    return this.#others.size === 0 ? null : (this.#others.get(id) ?? null)
  }

  /** Takes a stream in, which has its id and is not there yet. */
  add(stream: ClientStream): void {
    const place = placeOf(stream.streamId)
    if (this.#byPlace[place] === null) this.#byPlace[place] = stream
    else this.#others.set(stream.streamId, stream)
    this.#size += 1
  }

  /** Takes out a stream that is there. */
  remove(stream: ClientStream): void {
    const place = placeOf(stream.streamId)
    if (this.#byPlace[place] === stream) this.#byPlace[place] = null
    else this.#others.delete(stream.streamId)
    this.#size -= 1
  }

  /** All of them, as they are now. */
  list(): ClientStream[] {
    return [...this.#byPlace.filter(stream => stream !== null), ...this.#others.values()]
  }
}

/** Clients have the odd ids (RFC 9113, section 5.1.1). */
function placeOf(id: number): number {
  return (id >>> 1) & (places - 1)
}
