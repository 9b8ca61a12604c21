// The load of the bench: a compiled program that takes jobs, one after the other.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { buildGo } from '../tools/go-build.ts'
import { stop } from './processes.ts'

export interface LoadJob {
  /** `host:port`. */
  url: string
  method: string
  path: string
  headers: Record<string, string>
  /**
   * Bearer tokens: each request carries the next one, and after the last one the first again. The next job for the same
   * server goes on where this one ends. Default: none.
   */
  tokens?: readonly string[]
  body: string | null
  /** How many connections ask. */
  connections: number
  /** Further connections that ask once, and then stay open and say nothing. Default 0. */
  idle?: number
  /** How long, in milliseconds, unless `requests` says how many. */
  durationMs?: number
  /** Ends after so many answers. */
  requests?: number
  /** Requests a second, over all connections. Default: each connection asks again as soon as it is answered. */
  rate?: number
  /** What a right answer is; `bytes` is the size of its body, when it matters. */
  expect: { status: number; bytes: number | null }
}

export interface LoadResult {
  requests: number
  /** Answers that were wrong, or did not come. */
  errors: number
  firstError?: string
  seconds: number
  /** Of all bodies. */
  bytes: number
  /** With a rate, from when a request was due. */
  latencyUs: { p50: number; p90: number; p99: number; p999: number; max: number }
}

export interface LoadGenerator {
  /**
   * @param onReady called when all connections are open, and the clock starts
   * @throws Error when the server does not answer any more
   */
  run(job: LoadJob, onReady?: () => void): Promise<LoadResult>
  stop(): Promise<void>
}

/** @returns why there is none on this machine: it is written in Go, for Linux */
export async function startLoadGenerator(): Promise<LoadGenerator | string> {
  if (process.platform !== 'linux') return 'the load generator needs Linux'
  const built = await buildGo('bench/load-go', 'bench-load')
  if (built.missing !== undefined) return built.missing
  const child = spawn(built.path, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  async function nextLine(): Promise<string> {
    const { value, done } = await lines.next()
    if (done) throw new Error('the load generator has ended')
    return value
  }
  return {
    async run(job, onReady) {
      child.stdin.write(`${JSON.stringify(job)}\n`)
      let line = await nextLine()
      if (line === '') {
        onReady?.()
        line = await nextLine()
      }
      const result: LoadResult | { failure: string } = JSON.parse(line)
      if ('failure' in result) throw new Error(result.failure)
      return result
    },
    stop: () => stop(child)
  }
}
