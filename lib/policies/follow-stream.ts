import type { Message } from '@bufbuild/protobuf'
import type { StreamResponse } from '@connectrpc/connect'

/** What wants to know how a stream ends. One of them is called, once. */
export interface StreamFollower {
  succeeded(): void
  /** Answers the error that the reader of the stream gets. */
  failed(error: unknown): unknown
}

/**
 * Follows a stream to its real end, which comes long after its response: when the reader has read it all, when reading
 * fails, or at once when `signal` of its request is aborted, as by the deadline, by a client that went away, or by a reader
 * that stops.
 */
export function followStream(response: StreamResponse, signal: AbortSignal, follower: StreamFollower): StreamResponse {
  const messages = response.message[Symbol.asyncIterator]()
  let isOver = false
  let failure: unknown

  function finish(): boolean {
    if (isOver) return false
    isOver = true
    signal.removeEventListener('abort', fail)
    return true
  }

  function fail(): void {
    failWith(signal.reason)
  }

  function failWith(error: unknown): unknown {
    if (finish()) failure = follower.failed(error)
    return failure
  }

  signal.addEventListener('abort', fail)
  const followed: AsyncIterableIterator<Message> = {
    [Symbol.asyncIterator]: () => followed,
    async next() {
      try {
        const result = await messages.next()
        if (result.done && finish()) follower.succeeded()
        return result
      } catch (error) {
        throw failWith(error)
      }
    },
    async return() {
      await messages.return?.()
      return { done: true, value: undefined }
    }
  }
  return { ...response, message: followed }
}
