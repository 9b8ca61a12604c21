import type { Message } from '@bufbuild/protobuf'
import type { StreamResponse } from '@connectrpc/connect'

/** What wants to know how a stream ends. One of them is called, once. */
export interface StreamFollower {
  succeeded(): void
  failed(error: unknown): void
}

/**
 * Follows a stream to its real end, which comes long after its response: when the reader has read it all, when reading
 * fails, or at once when `signal` of its request is aborted, as by the deadline, by a client that went away, or by a reader
 * that stops.
 */
export function followStream(response: StreamResponse, signal: AbortSignal, follower: StreamFollower): StreamResponse {
  const messages = response.message[Symbol.asyncIterator]()
  let isOver = false

  function finish(): boolean {
    if (isOver) return false
    isOver = true
    signal.removeEventListener('abort', abort)
    return true
  }

  function abort(): void {
    if (finish()) follower.failed(signal.reason)
  }

  signal.addEventListener('abort', abort)
  return withMessages(response, {
    async next() {
      try {
        const result = await messages.next()
        if (result.done && finish()) follower.succeeded()
        return result
      } catch (error) {
        if (finish()) follower.failed(error)
        throw error
      }
    },
    return: () => stop(messages)
  })
}

/** The same stream, whose reader gets `translate(error)` in place of an error. */
export function translateStream(response: StreamResponse, translate: (error: unknown) => unknown): StreamResponse {
  const messages = response.message[Symbol.asyncIterator]()
  return withMessages(response, {
    async next() {
      try {
        return await messages.next()
      } catch (error) {
        throw translate(error)
      }
    },
    return: () => stop(messages)
  })
}

// Not generators: those would stop only after a message that has not come yet.
function withMessages(response: StreamResponse, messages: AsyncIterator<Message>): StreamResponse {
  return { ...response, message: { [Symbol.asyncIterator]: () => messages } }
}

async function stop(messages: AsyncIterator<Message>): Promise<IteratorResult<Message>> {
  await messages.return?.()
  return { done: true, value: undefined }
}
