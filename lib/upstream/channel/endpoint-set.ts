import type { EndpointAddress } from './addresses.ts'
import { Endpoint, type EndpointListener, type EndpointOptions } from './endpoint.ts'
import type { ChannelEvent } from './events.ts'
import { maxEjected } from './outliers.ts'
import { keyOf } from './resolver.ts'

/**
 * The endpoints of an upstream, and which of them calls may go to. That is put down whenever something changes, so that a
 * call only picks.
 */
export class EndpointSet {
  readonly #options: EndpointOptions
  readonly #listener: EndpointListener
  readonly #onEvent: (event: ChannelEvent) => void
  #endpoints: readonly Endpoint[] = []
  /** Those that are no addresses any more and have open calls. */
  readonly #leaving = new Set<Endpoint>()
  readonly #ejected = new Set<Endpoint>()
  /** When the first of the ejected returns, on the clock of `performance.now()`. */
  #returnsAt = Number.POSITIVE_INFINITY
  #usable: readonly Endpoint[] = []
  #hasIdle = false

  constructor(options: EndpointOptions, listener: EndpointListener, onEvent: (event: ChannelEvent) => void) {
    this.#options = options
    this.#listener = listener
    this.#onEvent = onEvent
  }

  /** The addresses of the upstream have one each. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  /** Endpoints that have left, and whose calls go on. */
  get leaving(): Iterable<Endpoint> {
    return this.#leaving
  }

  /** Those that calls may go to, if they have room. Replaced when it changes. */
  usableAt(now: number): readonly Endpoint[] {
    if (now >= this.#returnsAt) this.refresh(now)
    return this.#usable
  }

  /** Whether there is a connection, or may soon be one. */
  get isConnecting(): boolean {
    return this.#endpoints.some(({ state }) => state === 'connecting' || state === 'ready')
  }

  /** Takes these addresses. Endpoints that stay keep their connection, their order and what is known about them. */
  update(addresses: readonly EndpointAddress[]): void {
    const wanted = new Map(addresses.map(address => [keyOf(address), address]))
    const staying = this.#endpoints.filter(({ address }) => wanted.delete(keyOf(address)))
    const left = this.#endpoints.filter(endpoint => !staying.includes(endpoint))
    const added = [...wanted.values()].map(address => new Endpoint(address, this.#options, this.#listener))
    if (added.length === 0 && left.length === 0) return
    this.#endpoints = [...staying, ...added]
    for (const endpoint of left) this.#remove(endpoint)
    this.refresh(performance.now())
    this.#onEvent({ type: 'resolved', addresses: this.#endpoints.map(({ address }) => address.label) })
  }

  /** Begins to connect those that wait for a call. */
  connect(): void {
    if (!this.#hasIdle) return
    for (const endpoint of this.#endpoints) endpoint.connect()
    this.#hasIdle = false
  }

  /**
   * Puts down which endpoints calls may go to: those that say that they serve and are not ejected; when there is none, those
   * that do not say otherwise and are not ejected; and when there is none of these, all that are connected. To try one that is
   * ill is better than to fail for certain, and what is known about all of them at once is more likely wrong.
   */
  refresh(now: number): void {
    this.#returnAll(now)
    const ready = this.#endpoints.filter(({ isReady }) => isReady)
    const good = ready.filter(endpoint => !this.#ejected.has(endpoint))
    const tiers = [
      good.filter(({ health }) => health === 'serving'),
      good.filter(({ health }) => health !== 'not serving'),
      ready
    ]
    this.#usable = tiers.find(({ length }) => length > 0) ?? []
    this.#hasIdle = this.#endpoints.some(({ isIdle }) => isIdle)
  }

  /** Counts how a call to an endpoint went, or a connection of it. May eject it. */
  record(endpoint: Endpoint, failed: boolean, now: number): void {
    const reason = endpoint.outlier.record(failed, now)
    if (reason === null || !this.#mayEject(endpoint)) return
    endpoint.outlier.eject(now)
    this.#ejected.add(endpoint)
    this.refresh(now)
    const forMs = Math.round(endpoint.outlier.returnsAt - now)
    this.#onEvent({ type: 'ejected', address: endpoint.address.label, reason, forMs })
  }

  /** An endpoint that left is over. */
  forget(endpoint: Endpoint): void {
    this.#leaving.delete(endpoint)
  }

  close(error: Error): void {
    for (const endpoint of [...this.#endpoints, ...this.#leaving]) endpoint.close(error)
    this.#endpoints = []
    this.#leaving.clear()
    this.refresh(performance.now())
  }

  #remove(endpoint: Endpoint): void {
    this.#ejected.delete(endpoint)
    this.#leaving.add(endpoint)
    endpoint.leave()
    if (endpoint.isGone) this.#leaving.delete(endpoint)
  }

  /** Whether enough others would be left, and at least one of them good. */
  #mayEject(endpoint: Endpoint): boolean {
    const { length } = this.#endpoints
    if (!this.#endpoints.includes(endpoint)) return false
    if (this.#ejected.size >= maxEjected(length, this.#options.outliers.maxEjectedShare)) return false
    return this.#endpoints.some(
      other => other !== endpoint && other.isReady && other.health !== 'not serving' && !this.#ejected.has(other)
    )
  }

  #returnAll(now: number): void {
    this.#returnsAt = Number.POSITIVE_INFINITY
    for (const endpoint of this.#ejected) {
      if (endpoint.outlier.isEjected(now)) {
        this.#returnsAt = Math.min(this.#returnsAt, endpoint.outlier.returnsAt)
      } else {
        this.#ejected.delete(endpoint)
        this.#onEvent({ type: 'returned', address: endpoint.address.label })
      }
    }
  }
}
