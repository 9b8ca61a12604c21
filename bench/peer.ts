// What a contender of the bench is: something in front of the same gRPC service, that serves the rules of bench/proto over
// HTTP/1.1.
import type { ChildProcess } from 'node:child_process'
import type { CaseName } from './cases.ts'

/**
 * `bare`: JSON to gRPC and back, and nothing else. `full`: besides, as in production, a token of HS256 is verified, a limit per
 * client is kept (and never refuses), a circuit breaker watches the upstream, and requests are measured and traced, by OTLP.
 */
export type Mode = 'bare' | 'full'

export interface PeerSettings {
  mode: Mode
  /** The share of requests whose traces are kept, with `full`: 1, 0.1, or 0 for no tracing at all. */
  sampling: number
  /** Where to listen, on 127.0.0.1, in plain text. */
  port: number
  /** Where the upstream listens, on 127.0.0.1: gRPC in plain text. */
  upstreamPort: number
  /** Where spans and metrics go, on 127.0.0.1: OTLP/gRPC in plain text. */
  otlpPort: number
  /** The key of the tokens, and what they must say. */
  jwt: { secret: string; issuer: string; audience: string }
  /** Processes or threads that may serve. */
  workers: number
  /** Routes that there are besides those of the cases: `GET /v1/filler/<n>/{product_id}`, as GetProduct. */
  extraRoutes: number
}

/** A case as gRPC has it on the wire, but over HTTP/1.1, as all that is asked. */
export interface RawCase {
  method: 'POST'
  /** Of the rpc. */
  path: string
  headers: Record<string, string>
  /** A character for each octet, all of ASCII. */
  body: string
  /** The body of the answer. */
  expected: Buffer
}

export interface Peer {
  /** As it is called in `PEER=` and in file names. */
  id: string
  /** As it is called in tables. */
  title: string
  /** What it can be. */
  modes: readonly Mode[]
  /** What it can answer. Default: everything. */
  cases?: readonly CaseName[]
  /** Whether `extraRoutes` and `workers` mean something to it. Default: no. */
  scales?: boolean
  /** How many spans a request for one product makes, with `full` and all traces. Default: none. */
  spans?: number
  /** How it differs in what it does, for the report: a check that it lacks, a form that it has of its own. */
  remarks?: string
  /** What it is asked in place of a case, when it does not transcode. Default: as all are. */
  raw?: Partial<Record<CaseName, RawCase>>
  /** That to build it takes minutes: the smoke test leaves it out. Default: no. */
  slowToBuild?: boolean
  /** Which version of what, for the report. Asked for after `build`. */
  version(): Promise<string>
  /**
   * Builds, or finds, what it needs; again and again without harm.
   *
   * @returns why it cannot be had on this machine; null: it can.
   */
  build(): Promise<string | null>
  /** Starts it. It need not be ready yet: who starts it asks until it answers. */
  start(settings: PeerSettings): Promise<ChildProcess>
}
