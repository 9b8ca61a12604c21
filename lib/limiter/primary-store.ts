import type { Taken, TokenBucket, TokenStore } from './store.ts'

/** Tokens that are asked for: the arguments of {@link TokenStore.take}. */
interface Take {
  key: string
  bucket: TokenBucket
  cost: number
}

/** How a process that shares its tokens with others asks for some: for all that it needs in one turn of its event loop. */
export interface TakeRequest {
  type: 'take'
  id: number
  takes: Take[]
}

/** The answer to it, in the order of the question. */
export interface TakeAnswer {
  type: 'taken'
  id: number
  taken: Taken[]
}

/** The other end of a channel between processes. */
export interface Peer {
  send(message: TakeRequest): void
  /** Calls `listener` with each answer. */
  onAnswer(listener: (answer: TakeAnswer) => void): void
}

/**
 * Token buckets in another process, which several share. Never fails; when the other process ends, so does this one.
 *
 * A message between processes costs more than all else that a request needs (two writes, two reads, JSON both ways). So
 * what one turn of the event loop asks for goes in one message: the busier a process is, the more share it.
 */
export class PrimaryStore implements TokenStore {
  readonly #peer: Peer
  readonly #waiting = new Map<number, ((taken: Taken) => void)[]>()
  #takes: Take[] = []
  #resolves: ((taken: Taken) => void)[] = []
  #lastId = 0

  constructor(peer: Peer) {
    this.#peer = peer
    peer.onAnswer(({ id, taken }) => {
      const resolves = this.#waiting.get(id) ?? []
      this.#waiting.delete(id)
      for (const [index, resolve] of resolves.entries()) resolve(taken[index]!)
    })
  }

  take(key: string, bucket: TokenBucket, cost: number): Promise<Taken> {
    if (this.#takes.length === 0) setImmediate(() => this.#ask())
    this.#takes.push({ key, bucket, cost })
    return new Promise(resolve => this.#resolves.push(resolve))
  }

  #ask(): void {
    const id = ++this.#lastId
    const takes = this.#takes
    this.#waiting.set(id, this.#resolves)
    this.#takes = []
    this.#resolves = []
    this.#peer.send({ type: 'take', id, takes })
  }
}

/** Whether a message of another process asks for tokens. */
export function isTakeRequest(message: unknown): message is TakeRequest {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'take'
}

/** Takes what is asked for from a store of this process. */
export async function answerTake(store: TokenStore, { id, takes }: TakeRequest): Promise<TakeAnswer> {
  const taken = await Promise.all(takes.map(({ key, bucket, cost }) => store.take(key, bucket, cost)))
  return { type: 'taken', id, taken: taken.map(({ allowed, remaining, resetMs }) => ({ allowed, remaining, resetMs })) }
}
