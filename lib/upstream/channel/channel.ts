import type { ConnectError } from '@connectrpc/connect'
import { classify, type Outcome } from '../../errors/outcome.ts'
import type { Call, Send } from '../grpc/call.ts'
import { unavailable } from '../grpc/stream-status.ts'
import { createWire } from '../grpc/wire.ts'
import { StreamError } from '../http2/errors.ts'
import { systemError } from '../socket.ts'
import type { EndpointAddress } from './addresses.ts'
import type { Endpoint, EndpointListener } from './endpoint.ts'
import { EndpointSet } from './endpoint-set.ts'
import { isServing, maxHealthBytes } from './health.ts'
import { type ChannelOptions, type ChannelSettings, settingsOf } from './options.ts'
import { createPicker, type Picker } from './pick.ts'
import { Resolver } from './resolver.ts'
import { type ChannelState, stateOf } from './state.ts'
import { WaitingCalls } from './waiting.ts'

/** What calls to one upstream go over. */
export interface Channel {
  /** Of the upstream. */
  readonly name: string
  /**
   * Makes one attempt at a call, at an endpoint that is good for it; sets the call's `endpoint`. A call that finds no
   * connection, or no free stream on one, waits. In vain, it is UNAVAILABLE, and was not sent.
   */
  readonly send: Send
  state(): ChannelState
  /**
   * Asks the upstream whether it serves, by grpc.health.v1. One that has no health service serves. Does not wait for an
   * endpoint that could not be connected to a moment ago.
   *
   * @throws {ConnectError} when it does not answer.
   */
  isServing(timeoutMs: number): Promise<boolean>
  /** Ends the channel, and open calls with UNAVAILABLE. */
  close(): void
}

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID */
export function createChannel(options: ChannelOptions): Channel {
  return new GrpcChannel(settingsOf(options))
}

/** Connects with its first call, to all endpoints. */
class GrpcChannel implements Channel, EndpointListener {
  readonly name: string
  readonly #settings: ChannelSettings
  readonly #resolver: Resolver
  readonly #endpoints: EndpointSet
  readonly #picker: Picker
  readonly #waiting: WaitingCalls
  /** Questions about health, which wait for as long as there is hope for a connection. */
  readonly #questions: WaitingCalls
  /** When there was a call, on the clock of `performance.now()`. */
  #usedAt = Number.NEGATIVE_INFINITY
  #resolveError: unknown = null
  /** Why there is no connection; null when there is. */
  #lastError: unknown = null
  #isClosed = false

  constructor(settings: ChannelSettings) {
    const { name, target, waitForReadyMs, maxWaiting, resolve, onEvent } = settings
    this.name = name
    this.#settings = settings
    this.#endpoints = new EndpointSet(settings.endpoints, this, onEvent)
    this.#picker = createPicker(settings.balancing)
    const errorOf = (problem: string) => this.#unavailable(problem)
    const maxWaitMs = waitForReadyMs === 0 ? Number.POSITIVE_INFINITY : waitForReadyMs
    this.#waiting = new WaitingCalls({ maxWaiting, maxWaitMs, errorOf })
    this.#questions = new WaitingCalls({ maxWaiting, maxWaitMs: Number.POSITIVE_INFINITY, errorOf })
    this.#resolver = new Resolver({
      ...resolve,
      places: target.places,
      backoff: settings.backoff,
      onAddresses: addresses => this.#onAddresses(addresses),
      onError: error => this.#onUnresolved(error),
      onRecovered: () => this.#onResolvable()
    })
    this.#resolver.start()
  }

  readonly send: Send = call => this.#start(call, this.#waiting)

  state(): ChannelState {
    const now = performance.now()
    const endpoints = [...this.#endpoints.endpoints, ...this.#endpoints.leaving]
    return {
      name: this.name,
      target: this.#settings.target.text,
      waiting: this.#waiting.size,
      resolveError: this.#resolveError === null ? null : textOf(this.#resolveError),
      endpoints: endpoints.map(endpoint => stateOf(endpoint, now))
    }
  }

  isServing(timeoutMs: number): Promise<boolean> {
    const send: Send = call => this.#start(call, this.#questions)
    const wire = createWire({ send, writeMaxBytes: maxHealthBytes })
    return isServing(wire, this.#settings.endpoints.health.service, timeoutMs)
  }

  close(): void {
    this.#isClosed = true
    this.#resolver.close()
    this.#waiting.failAll('the channel is closed')
    this.#questions.failAll('the channel is closed')
    this.#endpoints.close(systemError('ECONNRESET', 'the channel was closed'))
  }

  isInUse(): boolean {
    return performance.now() - this.#usedAt < this.#settings.idleMs
  }

  onConnected({ address }: Endpoint): void {
    this.#lastError = null
    this.#refresh()
    this.#settings.onEvent({ type: 'connected', address: address.label })
  }

  onLost(endpoint: Endpoint, error: Error | null): void {
    if (error !== null) this.#lastError = error
    this.#refresh()
    this.#resolver.resolveSoon()
    this.#settings.onEvent({ type: 'lost', address: endpoint.address.label, error })
  }

  onIdle(): void {
    this.#refresh()
  }

  onRoom(): void {
    this.#startWaiting()
  }

  onHealth({ address, health }: Endpoint): void {
    this.#refresh()
    this.#settings.onEvent({ type: 'health', address: address.label, health })
  }

  onCallOver(endpoint: Endpoint, error: ConnectError | null): void {
    if (this.#waiting.size > 0) endpoint.giveWay()
    const outcome = error === null ? 'success' : outcomeOf(endpoint, error)
    if (outcome === 'failure') endpoint.failures += 1
    if (outcome !== 'neutral') this.#record(endpoint, outcome === 'failure')
  }

  onGone(endpoint: Endpoint): void {
    this.#endpoints.forget(endpoint)
  }

  #pick(call: Call, now: number): Endpoint | null {
    return this.#picker.pick(this.#endpoints.usableAt(now), call.avoid)
  }

  #start(call: Call, queue: WaitingCalls): ReturnType<Send> {
    const now = performance.now()
    this.#usedAt = now
    this.#endpoints.connect()
    // Behind those that wait already.
    const endpoint = queue.size === 0 ? this.#pick(call, now) : null
    return endpoint === null ? this.#wait(call, queue) : endpoint.start(call)
  }

  #wait(call: Call, queue: WaitingCalls): ReturnType<Send> {
    if (this.#isClosed) return Promise.reject(this.#unavailable('the channel is closed'))
    const answer = queue.wait(call)
    // That an ejection is over is seen when somebody picks, and those that are queued do not.
    this.#startWaiting()
    if (queue.size > 0) this.#giveWay()
    this.#failIfHopeless()
    return answer
  }

  #startWaiting(): void {
    if (this.#waiting.size === 0 && this.#questions.size === 0) return
    const pick = (call: Call) => this.#pick(call, performance.now())
    this.#waiting.startAll(pick)
    this.#questions.startAll(pick)
    if (this.#waiting.size > 0) this.#giveWay()
  }

  #giveWay(): void {
    for (const endpoint of this.#endpoints.endpoints) endpoint.giveWay()
  }

  #refresh(): void {
    this.#endpoints.refresh(performance.now())
    this.#startWaiting()
    this.#failIfHopeless()
  }

  #record(endpoint: Endpoint, failed: boolean): void {
    if (this.#settings.ejects) this.#endpoints.record(endpoint, failed, performance.now())
  }

  /** Without a time to wait, calls do not outlast the hope for a connection; questions never do. */
  #failIfHopeless(): void {
    if (this.#resolver.isFirst || this.#endpoints.isConnecting) return
    this.#questions.failAll('none connects')
    if (this.#settings.waitForReadyMs === 0) this.#waiting.failAll('none connects')
  }

  #onAddresses(addresses: EndpointAddress[]): void {
    this.#endpoints.update(addresses)
    if (this.isInUse()) this.#endpoints.connect()
    this.#refresh()
  }

  #onUnresolved(error: unknown): void {
    this.#resolveError = error
    this.#lastError ??= error
    this.#settings.onEvent({ type: 'unresolved', error })
    this.#refresh()
  }

  #onResolvable(): void {
    this.#resolveError = null
    this.#settings.onEvent({ type: 'resolvable' })
  }

  #unavailable(problem: string): ConnectError {
    return unavailable(`no free connection to ${this.name}: ${problem}`, this.#lastError ?? undefined)
  }
}

/**
 * What the end of a call says of its endpoint. Of the calls that a connection took with it, one counts; and none, when the
 * endpoint had not begun with them.
 */
function outcomeOf(endpoint: Endpoint, error: ConnectError): Outcome {
  const { cause } = error
  if (!(cause instanceof StreamError) || cause.origin !== 'connection') return classify(error)
  if (cause.isUnprocessed || cause.cause === endpoint.lastLoss) return 'neutral'
  endpoint.lastLoss = cause.cause
  return 'failure'
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
