import { type Outcome, refusalOf } from './outcome.ts'

export interface RepeatOptions {
  /** The first pause, in ms; each further one is twice as long. Default 100. */
  firstPauseMs?: number
  /** The longest pause, in ms. Default 5000. */
  maxPauseMs?: number
}

/** Called after each try whose outcome is unknown. `sinceMs`: how long it has been tried. */
export type OnUnknown = (error: unknown, sinceMs: number) => void

export interface Repeater {
  /** Repeats until there is an answer, a definite no, or the budget is over: then the outcome is unknown. */
  untilKnown<Value>(call: () => Promise<Value>, budgetMs: number, onUnknown?: OnUnknown): Promise<Outcome<Value>>
  /** Repeats until it succeeds; a definite no is repeated as well. */
  untilDone<Value>(call: () => Promise<Value>, onFailure?: OnUnknown): Promise<Value>
  /** Ends all repeating. What is being repeated never returns: the process goes away, and the next one repeats it. */
  close(): void
}

/** Repeats calls that are safe to repeat, with pauses that grow and are never quite the same. */
export function createRepeater({ firstPauseMs = 100, maxPauseMs = 5000 }: RepeatOptions = {}): Repeater {
  const closing = new AbortController()

  async function untilKnown<Value>(call: () => Promise<Value>, budgetMs: number, onUnknown?: OnUnknown) {
    const start = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        return { kind: 'done' as const, value: await call() }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal) return refusal
        const sinceMs = performance.now() - start
        const pauseMs = pauseAfter(tries)
        onUnknown?.(error, sinceMs)
        if (sinceMs + pauseMs > budgetMs) return { kind: 'unknown' as const }
        await pause(pauseMs)
      }
    }
  }

  async function untilDone<Value>(call: () => Promise<Value>, onFailure?: OnUnknown): Promise<Value> {
    const start = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        return await call()
      } catch (error) {
        onFailure?.(error, performance.now() - start)
        await pause(pauseAfter(tries))
      }
    }
  }

  function pauseAfter(tries: number): number {
    const full = Math.min(maxPauseMs, firstPauseMs * 2 ** tries)
    return full * (0.5 + Math.random() / 2)
  }

  /** Never returns once repeating is over. */
  function pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      if (closing.signal.aborted) return
      const stop = () => clearTimeout(timer)
      const timer = setTimeout(() => {
        closing.signal.removeEventListener('abort', stop)
        resolve()
      }, ms)
      timer.unref()
      closing.signal.addEventListener('abort', stop, { once: true })
    })
  }

  return { untilKnown, untilDone, close: () => closing.abort() }
}
