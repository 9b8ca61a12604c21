import type { Seen } from '../ask.ts'

/** The calls of one name, and the gate that they wait at. */
class Record {
  readonly seen: Seen = { calls: 0, open: 0, mostOpen: 0, cancelled: 0, received: 0, sent: 0, timeoutMs: null }
  readonly gate = Promise.withResolvers<void>()
}

/** What a server has seen, by the names of the calls. */
export class Records {
  readonly #byName = new Map<string, Record>()

  of(name: string): Record {
    const found = this.#byName.get(name) ?? new Record()
    this.#byName.set(name, found)
    return found
  }

  /** A call begins. @returns what ends it. */
  begin(name: string, timeoutMs: number | null, signal: AbortSignal): () => void {
    const { seen } = this.of(name)
    seen.calls += 1
    seen.open += 1
    seen.mostOpen = Math.max(seen.mostOpen, seen.open)
    seen.timeoutMs = timeoutMs
    let isOpen = true
    const end = (cancelled: number) => {
      if (!isOpen) return
      isOpen = false
      seen.open -= 1
      seen.cancelled += cancelled
    }
    signal.addEventListener('abort', () => end(1))
    return () => end(0)
  }
}
