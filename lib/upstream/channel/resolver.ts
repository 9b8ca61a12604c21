import { type AddressRules, addressesOf, type EndpointAddress, type NameLookup, PartialError } from './addresses.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'
import type { Place } from './target.ts'

export interface ResolverOptions extends AddressRules {
  /** What is resolved. */
  places: readonly Place[]
  names: NameLookup
  /** How often names are resolved again, in milliseconds. */
  intervalMs: number
  /** The least time between two resolutions, whoever asks for them, in milliseconds. */
  minIntervalMs: number
  /** How long after a failure names are resolved again; never longer than `intervalMs`. */
  backoff: BackoffOptions
  /** The addresses, whenever they were resolved; the same ones as before, too. At least one. */
  onAddresses(addresses: EndpointAddress[]): void
  /** A name could not be resolved, or has no address. What it had before stays. */
  onError(error: unknown): void
  /** All names could be resolved, and the last time one could not. */
  onRecovered(): void
}

/**
 * Finds the addresses of a target, and keeps them up to date. A place that cannot be resolved keeps those that it had: a DNS
 * server that is down must not take the upstream with it.
 */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #backoff: Backoff
  /** What each place last had; null: it was never resolved. */
  readonly #known: (EndpointAddress[] | null)[]
  /** Whether there is a name among the places, so that it is of use to look again. */
  readonly #hasNames: boolean
  #timer: NodeJS.Timeout | null = null
  #isResolving = false
  /** Whether a name could not be resolved the last time. */
  #hasFailed = false
  #isClosed = false
  #startedAt = Number.NEGATIVE_INFINITY

  constructor(options: ResolverOptions) {
    this.#options = options
    this.#backoff = new Backoff({ ...options.backoff, maxMs: options.intervalMs })
    this.#known = options.places.map(() => null)
    this.#hasNames = options.places.some(({ kind }) => kind === 'name' || kind === 'srv')
  }

  /** Whether nothing is known yet, and may soon be. */
  get isFirst(): boolean {
    return this.#isResolving && this.#known.every(addresses => addresses === null)
  }

  /** Resolves now, and again and again after that when there are names. */
  start(): void {
    this.#isResolving = true
    this.#startedAt = performance.now()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#resolveAll()
  }

  /** Resolves as soon as it may: the addresses seem not to be good any more. */
  resolveSoon(): void {
    if (this.#isResolving || !this.#hasNames || this.#isClosed) return
    this.#startIn(Math.max(0, this.#startedAt + this.#options.minIntervalMs - performance.now()))
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  async #resolveAll(): Promise<void> {
    const { places, names, intervalMs, onAddresses, onError, onRecovered } = this.#options
    const answers = await Promise.allSettled(places.map(place => addressesOf(place, names, this.#options)))
    if (this.#isClosed) return
    this.#isResolving = false
    for (const [index, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') this.#known[index] = answer.value
      else if (answer.reason instanceof PartialError) this.#add(index, answer.reason.addresses)
    }
    const failure = answers.find(answer => answer.status === 'rejected')
    if (failure === undefined) this.#backoff.reset()
    if (this.#hasNames) this.#startIn(failure === undefined ? intervalMs : this.#backoff.next())
    const addresses = this.#allKnown()
    const isRecovered = this.#hasFailed && failure === undefined
    this.#hasFailed = failure !== undefined
    if (isRecovered) onRecovered()
    if (addresses.length > 0) onAddresses(addresses)
    if (failure !== undefined) onError(failure.reason)
  }

  /** Those that the place had may be of a host that cannot be resolved now; the new ones come first. */
  #add(index: number, addresses: EndpointAddress[]): void {
    this.#known[index] = distinct([...addresses, ...(this.#known[index] ?? [])]).slice(0, this.#options.maxAddresses)
  }

  #startIn(waitMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.start(), waitMs).unref()
  }

  /** Each once, though more than one place may have it. */
  #allKnown(): EndpointAddress[] {
    const known = this.#known.flatMap(addresses => addresses ?? [])
    return distinct(known).slice(0, this.#options.maxAddresses)
  }
}

function distinct(addresses: EndpointAddress[]): EndpointAddress[] {
  return [...new Map(addresses.map(address => [keyOf(address), address])).values()]
}

/** What tells endpoints apart: the same address may serve more than one name. */
export function keyOf({ label, authority }: EndpointAddress): string {
  return `${label} ${authority}`
}
