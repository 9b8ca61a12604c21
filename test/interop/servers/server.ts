import type t from 'tap'
import type { Authority, Issued } from '../../certificates.ts'

export type Tap = Pick<typeof t, 'teardown'>

/** What a server is to be like. Each maker's server can be some of it. */
export interface ServerOptions {
  /** Default: plain text. */
  tls?: Issued & {
    /** The authority, in PEM, that clients must have a certificate of. Default: they need none. */
    clientCa?: Authority['cert']
  }
  /** How many calls it takes at a time on one connection. Default: as many as come. */
  maxStreams?: number
  /** SETTINGS_INITIAL_WINDOW_SIZE, in bytes. Default 65,535, or one more. */
  windowBytes?: number
  /** SETTINGS_MAX_FRAME_SIZE, in bytes. Default 16,384, the least there is. */
  maxFrameBytes?: number
  /** Packs all messages of answers. Default false. */
  gzipAnswers?: boolean
  /** How often it asks a silent connection for a sign of life, in milliseconds. Default: never. */
  pingMs?: number
  /** After how long it ends each connection by GOAWAY, in milliseconds. Default: never. */
  maxAgeMs?: number
}

/** A server that runs, until the test ends. */
export interface Server {
  port: number
  /** Whether it speaks TLS. */
  isSecure: boolean
  /** Stops to listen, tells clients so, and lets open calls end. */
  stop(): Promise<void>
}

/** Starts a server of `fixture.v1.InteropService`. */
export type StartServer = (t: Tap, options?: ServerOptions) => Promise<Server>
