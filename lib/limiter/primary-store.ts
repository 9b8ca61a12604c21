import type { Taken, TokenBucket, TokenStore } from './store.ts'

/** How a process that shares its tokens with others asks for some. */
export interface TakeRequest {
  type: 'take'
  id: number
  key: string
  bucket: TokenBucket
  cost: number
}

/** The answer to it. */
export interface TakeAnswer {
  type: 'taken'
  id: number
  taken: Taken
}

/** The other end of a channel between processes. */
export interface Peer {
  send(message: TakeRequest): void
  /** Calls `listener` with each answer. */
  onAnswer(listener: (answer: TakeAnswer) => void): void
}

/** Token buckets in another process, which several share. Never fails; when the other process ends, so does this one. */
export class PrimaryStore implements TokenStore {
  readonly #peer: Peer
  readonly #waiting = new Map<number, (taken: Taken) => void>()
  #lastId = 0

  constructor(peer: Peer) {
    this.#peer = peer
    peer.onAnswer(({ id, taken }) => {
      this.#waiting.get(id)?.(taken)
      this.#waiting.delete(id)
    })
  }

  take(key: string, bucket: TokenBucket, cost: number): Promise<Taken> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#peer.send({ type: 'take', id, key, bucket, cost })
    })
  }
}

/** Whether a message of another process asks for tokens. */
export function isTakeRequest(message: unknown): message is TakeRequest {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'take'
}

/** Takes what is asked for from a store of this process. */
export async function answerTake(store: TokenStore, { id, key, bucket, cost }: TakeRequest): Promise<TakeAnswer> {
  const { allowed, remaining, resetMs } = await store.take(key, bucket, cost)
  return { type: 'taken', id, taken: { allowed, remaining, resetMs } }
}
