import type { ConnectError } from '@connectrpc/connect'
import type { Span } from '@opentelemetry/api'
import type { Caller } from '../caller.ts'
import type { HeaderFields } from '../hpack/header-fields.ts'
import type { Lifetime } from './lifetime.ts'
import type { Metadata } from './metadata.ts'
import type { Rpc } from './rpc.ts'

/**
 * When a call may be made again: only when it never reached the upstream; also after that, once, because it carries an
 * idempotency key; or always, because to repeat it does no more than to make it.
 */
export type Repeatable = 'unsent' | 'keyed' | 'safe'

/** A call on its way through the policies to an upstream. A policy that changes what others must not see copies it. */
export interface Call {
  readonly rpc: Rpc
  /** One message, which can be sent again, when the rpc takes one; else what it is pulled from, once. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
  /** Sent besides the headers of gRPC. */
  metadata: Metadata
  /** Ends the call early. Of all its attempts, unless a policy gives one of them a fork. */
  readonly lifetime: Lifetime
  /** On whose behalf it is made; null: the gateway's own. */
  readonly caller: Caller | null
  /** What the maker of the call asked for, in milliseconds. */
  readonly timeoutMs: number | undefined
  readonly repeatable: Repeatable
  /** After how long without an answer it is made a second time beside the first, in milliseconds; null: never. */
  readonly hedgeAfterMs: number | null
  /** Endpoints that failed this call: picked only when there is no other. */
  readonly avoid: ReadonlySet<unknown> | null
  /** Shows what becomes of the call; null: it is not traced. */
  span: Span | null
  /** Where the attempt went, for `avoid`; set by the channel. */
  endpoint: object | null
}

/** The whole answer of an rpc that answers with one message to one message. */
export interface UnaryAnswer {
  readonly stream: false
  readonly rpc: Rpc
  /** In the binary form of protobuf; not shared with any buffer of the connection. */
  message: Uint8Array
  /** As they came, `:status` among them. */
  headers: HeaderFields
  trailers: HeaderFields
}

/** An answer that has begun. */
export interface StreamAnswer {
  readonly stream: true
  readonly rpc: Rpc
  /**
   * In the binary form of protobuf, taken from the upstream as they are asked for. Iterated once, with one `next` at a time.
   * To return early cancels the call.
   */
  messages: AsyncIterableIterator<Uint8Array>
  /** As they came, `:status` among them. */
  headers: HeaderFields
  /** There when the messages have ended. */
  readonly trailers: HeaderFields
  /** What readers and listeners are told in place of an error; null: the error. A policy may set it, once. */
  translate: ((error: ConnectError) => unknown) | null
  /**
   * Tells how the stream ends: null, or the error. Called once, when it is over, which may be before its reader has taken
   * what came; at once when that is so already.
   */
  onOver(listener: (error: unknown) => void): void
}

export type Answer = UnaryAnswer | StreamAnswer

/** Makes a call. Rejects with a ConnectError, whose metadata has `grpc-status` when the upstream said it, or a RequestError. */
export type Send = (call: Call) => Promise<Answer>

/** What wraps calls. */
export type Policy = (next: Send) => Send
