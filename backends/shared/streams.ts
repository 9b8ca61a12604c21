import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { StreamResponse } from '@connectrpc/connect'

/** What an interceptor does around a response stream; either part may be left out. */
export interface StreamHooks {
  /** Runs each pull of a message; may run it in another context, or translate what it throws. */
  pull?: <Result>(next: () => Promise<Result>) => Promise<Result>
  /** Called once: when the stream is over, with the error if it failed, or when the reader left. */
  end?: (error?: unknown) => void
}

/** The same response, with its messages read through `hooks`. Cancelling it still reaches the source. */
export function hookStream(response: StreamResponse, hooks: StreamHooks): StreamResponse {
  return { ...response, message: hookMessages(response.message, hooks) }
}

async function* hookMessages(messages: AsyncIterable<MessageShape<DescMessage>>, hooks: StreamHooks) {
  const source = messages[Symbol.asyncIterator]()
  const pull = hooks.pull ?? (next => next())
  let failed: { error: unknown } | undefined
  try {
    for (let step = await pull(() => source.next()); !step.done; step = await pull(() => source.next())) {
      yield step.value
    }
  } catch (error) {
    failed = { error }
    throw error
  } finally {
    hooks.end?.(failed?.error)
    // Not awaited: a source that is pulled from at this moment returns only when its own signal tells it to.
    source.return?.().catch(() => {})
  }
}
