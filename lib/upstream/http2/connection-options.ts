import type { Address, TlsOptions } from '../socket.ts'

export interface ConnectionOptions {
  address: Address
  /** Null: plain text. */
  tls: TlsOptions | null
  /** How long the connection may take until the server has said its settings, in milliseconds. */
  connectTimeoutMs: number
  /** The `:authority` of all requests. */
  authority: string
  /** The most of an answer that is kept for a reader who does not read, in bytes. Default 262,144. */
  streamWindowBytes?: number
  /** After how long of hearing nothing on an open call the server is asked by a PING, in milliseconds. Default 1,000. */
  pingIntervalMs?: number
  /** How long its answer may take, in milliseconds. Default 2,000. */
  pingTimeoutMs?: number
  /** The most that the headers of an answer may have, in bytes, each field with 32 more. Default 65,536. */
  maxHeaderListBytes?: number
  /** The id of the first stream, which is odd; they run out at 2^31 - 1 (RFC 9113, section 5.1.1). Default 1. */
  firstStreamId?: number
}

/** Who is told what becomes of a connection. */
export interface ConnectionListener {
  /** Streams can be opened. */
  onReady(): void
  /** A stream can be opened again, after none could. */
  onRoom(): void
  /** No stream can be opened any more; those that are open go on. */
  onDraining(): void
  /** It is over, and so are its streams. Called once, last of all; with null when we closed it. */
  onClosed(error: Error | null): void
}
