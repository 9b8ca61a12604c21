import type { ConnectError } from '@connectrpc/connect'
import type { CallLimits, OnOver } from '../grpc/attempt.ts'
import type { Answer, Call } from '../grpc/call.ts'
import { startCall } from '../grpc/start-call.ts'
import { createWire } from '../grpc/wire.ts'
import { Http2Connection } from '../http2/connection.ts'
import type { ConnectionListener, ConnectionOptions } from '../http2/connection-options.ts'
import { systemError, type TlsOptions } from '../socket.ts'
import type { EndpointAddress } from './addresses.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'
import { HealthMonitor, type HealthOptions, type HealthStatus, maxHealthBytes } from './health.ts'
import { type OutlierOptions, OutlierRecord } from './outliers.ts'
import type { Candidate } from './pick.ts'

/** `draining`: no call goes to it any more; those that are open go on. */
export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'backoff' | 'draining'

export interface EndpointOptions {
  /** Null: plain text. */
  tls: TlsOptions | null
  connectTimeoutMs: number
  /** How long after a failure to connect the next attempt is made. */
  backoff: BackoffOptions
  health: Required<HealthOptions>
  outliers: Required<OutlierOptions>
  limits: CallLimits
  /** How long the open calls of an endpoint that left may go on, in milliseconds. */
  drainTimeoutMs: number
  /** Default: a connection of HTTP/2. */
  connect?: (options: ConnectionOptions, listener: ConnectionListener) => Http2Connection
}

/** Who is told what becomes of an endpoint. */
export interface EndpointListener {
  /** Whether it makes sense to connect before there is a call. */
  isInUse(): boolean
  /** It is connected. */
  onConnected(endpoint: Endpoint): void
  /**
   * No new call can go to it, for now: its connection was lost, or could not be had.
   *
   * @param error null: the server wants no more calls on this connection.
   */
  onLost(endpoint: Endpoint, error: Error | null): void
  /** It waits for a call before it connects again. */
  onIdle(endpoint: Endpoint): void
  /** It can take a call again, after it could not. */
  onRoom(): void
  /** It says something else of its health than before. */
  onHealth(endpoint: Endpoint): void
  /** A call is over. */
  onCallOver(endpoint: Endpoint, error: ConnectError | null): void
  /** It has left, and its last connection is closed. Not told when it had none. */
  onGone(endpoint: Endpoint): void
}

/**
 * A connection that is lost sooner was of no use: it counts as one more failure to connect. Not one that the server ended by
 * GOAWAY after it had taken calls: some do that after so many calls, or so long.
 */
const usefulMs = 1_000

/** One connection of an endpoint, which may have an old one that drains beside the new one. */
interface Link {
  connection: Http2Connection
  /** When it could take calls, on the clock of `performance.now()`; null: not yet. */
  readyAt: number | null
  hasTakenCalls: boolean
  health: HealthMonitor | null
}

/**
 * One address of an upstream, and the connection to it.
 *
 *     idle       -- connect() --------------------> connecting
 *     connecting -- SETTINGS of the server -------> ready
 *     connecting -- refused, too late ------------> backoff
 *     ready      -- lost, GOAWAY, ids used up ----> connecting; backoff, when it is lost again within a second;
 *                                                   idle, when there were no calls of late
 *     backoff    -- after its time ---------------> connecting; idle, when there were no calls of late
 *     any        -- leave() ----------------------> draining -- last call over, or too late --> gone
 */
export class Endpoint implements Candidate {
  readonly address: EndpointAddress
  readonly outlier: OutlierRecord
  /** Calls that are under way. */
  inFlight = 0
  /** Calls that were made, and those that failed in a way that says that the endpoint is ill. */
  calls = 0
  failures = 0
  /** Why it is not connected, when an attempt at it failed. */
  lastError: Error | null = null
  /** What the last calls were lost with that a connection took with it. */
  lastLoss: unknown = null
  readonly #options: EndpointOptions
  readonly #listener: EndpointListener
  readonly #backoff: Backoff
  readonly #onOver: OnOver
  #state: Exclude<ConnectionState, 'draining'> = 'idle'
  #hasLeft = false
  #health: HealthStatus = 'unknown'
  /** Where new calls go, or will. */
  #link: Link | null = null
  readonly #draining = new Set<Link>()
  #timer: NodeJS.Timeout | null = null
  /** The connection that was lost was a good one, so that the next is tried without a wait. */
  #mayReconnectAtOnce = true

  constructor(address: EndpointAddress, options: EndpointOptions, listener: EndpointListener) {
    this.address = address
    this.outlier = new OutlierRecord(options.outliers)
    this.#options = options
    this.#listener = listener
    this.#backoff = new Backoff(options.backoff)
    this.#onOver = error => {
      this.inFlight -= 1
      listener.onCallOver(this, error)
    }
  }

  get state(): ConnectionState {
    return this.#hasLeft || (this.#state === 'idle' && this.#draining.size > 0) ? 'draining' : this.#state
  }

  /** It left, and has no connection any more. */
  get isGone(): boolean {
    return this.#hasLeft && this.#draining.size === 0
  }

  get health(): HealthStatus {
    return this.#health
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Whether it waits for a call to connect; it may still have an old connection that drains. */
  get isIdle(): boolean {
    return !this.#hasLeft && this.#state === 'idle'
  }

  get hasRoom(): boolean {
    return this.#link?.connection.hasRoom ?? false
  }

  /** Its address, for spans and logs. */
  toString(): string {
    return this.address.label
  }

  /** Makes an attempt at a call. Only when there is room. */
  start(call: Call): Promise<Answer> {
    this.inFlight += 1
    this.calls += 1
    call.endpoint = this
    const link = this.#link!
    link.hasTakenCalls = true
    return startCall(link.connection, call, this.#options.limits, this.#onOver)
  }

  /** Connects, unless it does already, or did so in vain a moment ago. */
  connect(): void {
    if (this.#state === 'idle') this.#open()
  }

  /** A call finds no room: what is not a call must not take the only one. */
  giveWay(): void {
    if (this.inFlight === 0 && !this.hasRoom) this.#link?.health?.giveWay()
  }

  /** It is no address of the upstream any more. Its open calls may end. */
  leave(): void {
    this.#retire()
    if (this.isGone) return
    this.#timer = setTimeout(() => this.#destroyAll(leftTooLong()), this.#options.drainTimeoutMs).unref()
    for (const { connection } of [...this.#draining]) connection.close()
  }

  /** Ends it now, and its open calls with this error. */
  close(error: Error): void {
    this.#retire()
    this.#destroyAll(error)
  }

  #open(): void {
    const { tls, connectTimeoutMs, connect = connectHttp2 } = this.#options
    const { address, authority, serverName } = this.address
    this.#state = 'connecting'
    const link: Link = { connection: null!, readyAt: null, hasTakenCalls: false, health: null }
    this.#link = link
    link.connection = connect(
      { address, authority, connectTimeoutMs, tls: tls === null ? null : { serverName, ...tls } },
      {
        onReady: () => this.#onReady(link),
        onRoom: () => this.#listener.onRoom(),
        onDraining: () => this.#onDraining(link),
        onClosed: error => this.#onClosed(link, error)
      }
    )
  }

  #onReady(link: Link): void {
    link.readyAt = performance.now()
    this.#state = 'ready'
    this.lastError = null
    link.health = this.#followHealth(link)
    this.#listener.onConnected(this)
  }

  #onDraining(link: Link): void {
    if (link !== this.#link) return
    this.#draining.add(link)
    this.#replace(link, null)
  }

  #onClosed(link: Link, error: Error | null): void {
    if (link === this.#link) this.#replace(link, error)
    this.#draining.delete(link)
    if (this.isGone && this.#timer !== null) clearTimeout(this.#timer)
    if (this.isGone) this.#listener.onGone(this)
  }

  /** The connection takes no more calls: another is had, now or later. */
  #replace({ readyAt, hasTakenCalls }: Link, error: Error | null): void {
    this.#detach()
    this.lastError = error
    const isEndOfUse = error === null && hasTakenCalls
    if (readyAt !== null && (isEndOfUse || performance.now() - readyAt >= usefulMs)) {
      this.#backoff.reset()
      this.#mayReconnectAtOnce = true
    }
    const isAtOnce = readyAt !== null && this.#mayReconnectAtOnce
    if (isAtOnce) this.#mayReconnectAtOnce = false
    if (!isAtOnce) this.#wait()
    else if (this.#listener.isInUse()) this.#open()
    this.#listener.onLost(this, error)
  }

  #wait(): void {
    this.#state = 'backoff'
    this.#timer = setTimeout(() => {
      this.#state = 'idle'
      if (this.#listener.isInUse()) this.#open()
      else this.#listener.onIdle(this)
    }, this.#backoff.next()).unref()
  }

  /** Leaves it without a connection. What it had is not closed. */
  #detach(): void {
    const link = this.#link
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#link = null
    this.#state = 'idle'
    this.#health = 'unknown'
    // A Watch is a stream: it must not keep a connection open that drains.
    link?.health?.stop()
  }

  #retire(): void {
    if (this.#link !== null) this.#draining.add(this.#link)
    this.#detach()
    this.#hasLeft = true
  }

  #destroyAll(error: Error): void {
    for (const { connection } of [...this.#draining]) connection.destroy(error)
  }

  #followHealth({ connection }: Link): HealthMonitor {
    const { health, backoff } = this.#options
    const limits: CallLimits = { readMaxBytes: maxHealthBytes, writeMaxBytes: maxHealthBytes, headersTimeoutMs: null }
    return new HealthMonitor({
      ...health,
      backoff,
      // Not by way of `start`: it is no call, and counts as none.
      wire: createWire({
        send: call => startCall(connection, call, limits, () => {}),
        writeMaxBytes: maxHealthBytes
      }),
      hasRoom: () => connection.hasRoom,
      hasRoomBesideWatch: () => connection.maxStreams > 1,
      onStatus: status => this.#setHealth(status)
    })
  }

  #setHealth(status: HealthStatus): void {
    if (status === this.#health) return
    this.#health = status
    this.#listener.onHealth(this)
  }
}

function connectHttp2(options: ConnectionOptions, listener: ConnectionListener): Http2Connection {
  return new Http2Connection(options, listener)
}

function leftTooLong(): Error {
  return systemError('ETIMEDOUT', 'the endpoint left, and its calls did not end in time')
}
