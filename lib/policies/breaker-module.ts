import { type Circuit, type CircuitFunction, Module } from 'mollitia'
import type { Outcome } from '../errors/outcome.ts'
import { SlidingWindow } from './sliding-window.ts'

export type BreakerState = 'closed' | 'half-open' | 'open'

export interface BreakerOptions {
  /** The time over which calls and failures are counted, in milliseconds. */
  windowMs: number
  /** Fewer calls than this in the window never open the circuit. */
  minCalls: number
  /** The share of failures that opens the circuit: above 0, up to 1. */
  failureRatio: number
  /**
   * How long an open circuit refuses before it lets probes through, in milliseconds. Twice as long each time that they find
   * the upstream no better, 20 % more or less.
   */
  openMs: number
  /** The most that this grows to, in milliseconds. Default 60,000, or `openMs` when that is longer. */
  maxOpenMs?: number
  /** How many probes a half-open circuit lets through. All must succeed to close it. */
  probes: number
  /** What an error of a call says. */
  classify(error: unknown): Outcome
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
  /** From 0 to below 1. Default: `Math.random`. */
  random?: () => number
}

/** A call that was let through. */
export interface Admission {
  /**
   * The call goes on after its result, as a stream does; how it ends is told later. Until then it holds nobody up: a probe
   * is decided by that it began well.
   */
  goOn(): void
  /** How a call that goes on has ended. */
  end(outcome: Outcome): void
}

/** Probes decide soon; who comes meanwhile is told to wait this long. */
const halfOpenRetryMs = 1_000

/** The most that the time of a circuit that opens again grows to, in milliseconds. */
const defaultMaxOpenMs = 60_000

/** How much longer or shorter that time is, at most: replicas that opened together are not to probe together. */
const jitter = 0.2

/** The circuit is open, or half-open with all probes under way. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
  /** When the next call may be let through, in milliseconds from now. */
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('the circuit is open')
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * A circuit breaker as a module of a mollitia circuit. Emits `state-changed` with the new state.
 *
 *     closed     -- failures / calls >= failureRatio, calls >= minCalls --> open
 *     open       -- its time passed, seen by the next call -------------> half-open
 *     half-open  -- all probes succeeded -------------------------------> closed
 *     half-open  -- a probe failed, or was not heard of for openMs -----> open, for twice the time
 *
 * It has no timers: times are compared when a call comes. Each state is a generation, and what a call of an earlier one
 * says later is not heard; so probes that hang hold nobody up for longer than `openMs`. Probes that come slowly, because
 * requests do, have all the time they need. A stream is a success when it ended well, and as a probe when it began well:
 * then it is still heard when it fails later, after the circuit closed.
 */
export class BreakerModule extends Module {
  readonly #options: BreakerOptions
  readonly #now: () => number
  readonly #random: () => number
  readonly #window: SlidingWindow
  #state: BreakerState = 'closed'
  #generation = 0
  /** The generation whose probes closed the circuit; a probe that goes on is heard after that. Null while it is not closed. */
  #closedBy: number | null = null
  /** When the state began. */
  #since: number
  /** For how long the open circuit refuses. */
  #openForMs = 0
  /** How often it opened again since it was closed. */
  #reopenings = 0
  /** Probes let through in this half-open state, and how many of them succeeded. */
  #probes = 0
  #successes = 0
  /** When the last of them began. */
  #probedAt = 0

  constructor(options: BreakerOptions) {
    super({ name: 'breaker' })
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#random = options.random ?? Math.random
    this.#window = new SlidingWindow(options.windowMs)
    this.#since = this.#now()
  }

  get state(): BreakerState {
    return this.#state
  }

  /**
   * Called by the circuit. The call gets its Admission behind its own parameters.
   *
   * @throws {CircuitOpenError} without a call; otherwise what the call throws.
   */
  override async execute<Result>(_circuit: Circuit, call: CircuitFunction, ...params: unknown[]): Promise<Result> {
    const generation = this.#admit()
    let goesOn = false
    const admission: Admission = {
      goOn: () => {
        goesOn = true
        if (this.#state === 'half-open') this.#record('success', generation)
      },
      end: outcome => this.#recordEnd(outcome, generation)
    }
    try {
      const result: Result = await call(...params, admission)
      if (!goesOn) this.#record('success', generation)
      return result
    } catch (error) {
      this.#record(this.#options.classify(error), generation)
      throw error
    }
  }

  /** Lets a call through, and answers the generation that its outcome counts for. */
  #admit(): number {
    const now = this.#now()
    if (this.#state === 'open' && now - this.#since >= this.#openForMs) this.#enter('half-open', now)
    if (this.#state === 'half-open') this.#admitProbe(now)
    if (this.#state === 'open') throw new CircuitOpenError(this.#openForMs - (now - this.#since))
    return this.#generation
  }

  #admitProbe(now: number): void {
    const { openMs, probes } = this.#options
    if (this.#probes < probes) {
      this.#probes += 1
      this.#probedAt = now
    } else if (now - this.#probedAt >= openMs) {
      this.#enter('open', now)
    } else {
      throw new CircuitOpenError(Math.min(halfOpenRetryMs, openMs))
    }
  }

  #record(outcome: Outcome, generation: number): void {
    if (generation !== this.#generation) return
    if (this.#state === 'half-open') this.#recordProbe(outcome)
    else if (outcome !== 'neutral') this.#recordCall(outcome === 'failure')
  }

  /** Of a call that went on: what it said as a probe is said already, unless it failed since. */
  #recordEnd(outcome: Outcome, generation: number): void {
    const wasProbe = this.#state === 'half-open' || generation === this.#closedBy
    if (wasProbe && outcome !== 'failure') return
    this.#record(outcome, generation === this.#closedBy ? this.#generation : generation)
  }

  #recordProbe(outcome: Outcome): void {
    if (outcome === 'success') this.#successes += 1
    // It proved nothing: another call may probe in its place.
    if (outcome === 'neutral') this.#probes -= 1
    if (outcome === 'failure') this.#enter('open', this.#now())
    else if (this.#successes >= this.#options.probes) this.#enter('closed', this.#now())
  }

  #recordCall(failed: boolean): void {
    const now = this.#now()
    this.#window.add(failed, now)
    if (!failed) return
    const { calls, failures } = this.#window.totals(now)
    const { minCalls, failureRatio } = this.#options
    if (calls >= minCalls && failures / calls >= failureRatio) this.#enter('open', now)
  }

  #enter(state: BreakerState, now: number): void {
    if (state === 'open') this.#openForMs = this.#nextOpenMs()
    this.#closedBy = state === 'closed' ? this.#generation : null
    this.#state = state
    this.#since = now
    this.#generation += 1
    this.#probes = 0
    this.#successes = 0
    this.#window.clear()
    this.emit('state-changed', state)
  }

  /** Called when the circuit opens, in the state that it comes from. */
  #nextOpenMs(): number {
    const { openMs, maxOpenMs = defaultMaxOpenMs } = this.#options
    this.#reopenings = this.#state === 'half-open' ? this.#reopenings + 1 : 0
    if (this.#reopenings === 0) return openMs
    const grown = Math.min(openMs * 2 ** this.#reopenings, Math.max(openMs, maxOpenMs))
    return grown * (1 - jitter + 2 * jitter * this.#random())
  }
}
