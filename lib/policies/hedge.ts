import { Code, ConnectError } from '@connectrpc/connect'
import type { Answer, Call, Policy, Send } from '../upstream/grpc/call.ts'
import { pushbackMs } from '../upstream/grpc/stream-status.ts'
import { pause } from './pause.ts'
import { isTransient, previousAttempts } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'

/** What became of a call that took too long: it is made a second time, or would have been if the budget allowed it. */
export type HedgeOutcome = 'hedged' | 'over budget'

export interface HedgeOptions {
  /** That of `withRetry`: a second attempt costs as much as one that is made again. */
  budget: RetryBudget
  /** Is told of each second attempt, before it is made. */
  onHedge?: (call: Call, outcome: HedgeOutcome) => void
}

/**
 * Makes a call a second time, elsewhere, when the first attempt has not answered after `call.hedgeAfterMs`, or failed before
 * in a way that may pass. The first good answer counts, and so does the first error that would not pass; the other attempt
 * is cancelled. Only for unary calls that may be repeated at will, and only when they ask for it: it trades load for the
 * slowest answers.
 *
 * Stands outside of `withRetry`, which then makes these attempts again only when they never began.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#hedging-policy
 */
export function withHedging(options: HedgeOptions): Policy {
  return next => call => {
    const { hedgeAfterMs, repeatable, rpc } = call
    const isUnary = !rpc.requestStreams && !rpc.answerStreams
    if (hedgeAfterMs === null || repeatable !== 'safe' || !isUnary) return next(call)
    return new Promise((resolve, reject) => new Hedge(next, call, options, resolve, reject).start(hedgeAfterMs))
  }
}

class Hedge {
  readonly #next: Send
  readonly #call: Call
  readonly #options: HedgeOptions
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: unknown) => void
  /** Attempts that have not ended. */
  readonly #open = new Set<Call>()
  #first: Call | null = null
  #mayHedge = true
  #timer: NodeJS.Timeout | null = null

  constructor(
    next: Send,
    call: Call,
    options: HedgeOptions,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void
  ) {
    this.#next = next
    this.#call = call
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  start(afterMs: number): void {
    this.#timer = setTimeout(() => this.#startSecond(), afterMs).unref()
    const { avoid, metadata } = this.#call
    this.#first = this.#attempt(avoid, metadata)
  }

  /** Unless there was one, or the budget is used up. */
  #startSecond(): void {
    const { budget, onHedge } = this.#options
    const { avoid, metadata, span } = this.#call
    if (!this.#mayHedge) return
    this.#mayHedge = false
    const isAffordable = budget.take()
    onHedge?.(this.#call, isAffordable ? 'hedged' : 'over budget')
    if (!isAffordable) return
    span?.addEvent('hedge')
    const ofSecond = metadata.clone()
    ofSecond.set(previousAttempts, '1')
    this.#attempt(new Set([...(avoid ?? []), this.#first?.endpoint]), ofSecond)
  }

  #attempt(avoid: Call['avoid'], metadata: Call['metadata']): Call {
    const lifetime = this.#call.lifetime.fork()
    const attempt: Call = { ...this.#call, metadata, lifetime, avoid, repeatable: 'unsent' }
    this.#open.add(attempt)
    this.#next(attempt).then(
      answer => this.#win(attempt, answer),
      error => this.#lose(attempt, error)
    )
    return attempt
  }

  #win(attempt: Call, answer: Answer): void {
    if (!this.#close(attempt)) return
    this.#settle()
    this.#resolve(answer)
  }

  #lose(attempt: Call, error: unknown): void {
    if (!this.#close(attempt)) return
    const pushback = pushbackMs(error)
    if (pushback === 'never') this.#mayHedge = false
    // What may pass is left to the other attempt.
    if (isTransient(error) && this.#open.size > 0) return
    const delayMs = pushback === 'never' || pushback === null ? 0 : pushback
    const mayRepeat = isTransient(error) && this.#mayHedge && delayMs < this.#call.lifetime.remainingMs()
    if (mayRepeat) this.#repeat(delayMs, error)
    else this.#fail(error)
  }

  /** The only attempt failed before it took too long. */
  #repeat(delayMs: number, error: unknown): void {
    clearTimeout(this.#timer ?? undefined)
    pause(delayMs, this.#call.lifetime).then(
      () => {
        this.#startSecond()
        if (this.#open.size === 0) this.#fail(error)
      },
      reason => this.#fail(reason)
    )
  }

  #fail(reason: unknown): void {
    this.#settle()
    this.#reject(reason)
  }

  /** False: it was cancelled, as the call is over. */
  #close(attempt: Call): boolean {
    attempt.lifetime.close()
    return this.#open.delete(attempt)
  }

  /** The call is over: an attempt that is still open is cancelled. */
  #settle(): void {
    this.#mayHedge = false
    clearTimeout(this.#timer ?? undefined)
    const open = [...this.#open]
    this.#open.clear()
    for (const { lifetime } of open) lifetime.end(new ConnectError('another attempt was faster', Code.Canceled))
  }
}
