import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buildGo } from '../tools/go-build.ts'
import { freePort, stop } from './processes.ts'

/** What an upstream answers, by the path of an rpc. */
export type Answers = Record<string, Answer>

export interface Answer {
  /** A message in base64. */
  message: string
  /** How often it comes. */
  count: number
  /** Messages that come in its place, by the message that was asked with, in base64. */
  byRequest?: Record<string, string>
}

export interface Upstream {
  /** `http://host:port`. */
  url: string
  stop(): Promise<void>
}

/**
 * Starts an upstream with given answers: a compiled one, so that it is never what the others wait for.
 *
 * @throws Error on a machine without Go
 */
export async function startUpstream(answers: Answers): Promise<Upstream> {
  const { path, missing } = await buildGo('bench/upstream-go', 'bench-upstream')
  if (missing !== undefined) throw new Error(`there is no upstream: ${missing}`)
  const port = await freePort()
  const child = spawn(path, { env: { ...process.env, PORT: String(port) }, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(answers))
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (String(line) !== 'ready\n') throw new Error('the upstream did not start')
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(child) }
}
