/** Messages, and the moments in which there was none for long. */
export interface TickingMessages<Message> {
  /**
   * The next message; null when none came in `ms`, which does not end the wait for it. Rejects as the source does, or with
   * the error of `stop`. One call at a time.
   *
   * @param ms Infinity: however long it takes.
   */
  next(ms: number): Promise<IteratorResult<Message | null>>
  /** From now on `next` rejects, whatever the source does. */
  stop(error: Error): void
}

interface Waiter<Message> {
  resolve(result: IteratorResult<Message | null>): void
  reject(error: unknown): void
}

/** Reads a source of messages with a clock beside it. The source is asked for a message only when one is wanted. */
export function withTicks<Message>(source: AsyncIterator<Message>): TickingMessages<Message> {
  let waiter: Waiter<Message> | null = null
  let asked = false
  /** The answer of the source, when it came while nobody waited. */
  let kept: ((waiter: Waiter<Message>) => void) | null = null
  let stopped: Error | null = null

  function ask(): void {
    asked = true
    source.next().then(
      result => deliver(waiter => waiter.resolve(result)),
      error => deliver(waiter => waiter.reject(error))
    )
  }

  function deliver(answer: (waiter: Waiter<Message>) => void): void {
    asked = false
    if (waiter === null) kept = answer
    else answer(waiter)
  }

  return {
    async next(ms) {
      if (stopped !== null) throw stopped
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Message | null>>()
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, ms, { done: false, value: null })
      timer?.unref()
      waiter = { resolve, reject }
      if (kept !== null) deliver(kept)
      else if (!asked) ask()
      kept = null
      try {
        return await promise
      } finally {
        waiter = null
        clearTimeout(timer)
      }
    },

    stop(error) {
      stopped = error
      waiter?.reject(error)
    }
  }
}
