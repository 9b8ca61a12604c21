// A contender under measurement: a program of its own, that has answered every case right before anything is timed.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type CaseName, cases } from '../cases.ts'
import type { Mode, Peer, PeerSettings } from '../peer.ts'
import { cores, pin } from '../processes/cores.ts'
import { cpuOfTree, memoryOfTree } from '../processes/tree.ts'
import { freePort } from '../processes.ts'
import { checkAnswer, type Question, questionOf } from './answers.ts'
import type { Backdrop } from './backdrop.ts'

/** How long a contender may take until it answers, in milliseconds. */
const startTimeoutMs = 30_000

/** What a contender is started as. */
export interface Setting {
  mode: Mode
  /** The share of traces that are kept, with `full`. */
  sampling: number
  /** Default 1. */
  workers?: number
  /** Default 0. */
  extraRoutes?: number
}

export interface Running {
  peer: Peer
  setting: Setting
  /** As in the tables. */
  title: string
  /** `host:port`. */
  host: string
  /** What requests say besides: a token, when one is asked for. */
  headers: Record<string, string>
  /** From its start to the first right answer, in milliseconds. */
  startMs: number
  /** Bytes of the answer to each case that it can answer. */
  answerBytes: Map<CaseName, number>
  /** CPU time since its start, in microseconds. */
  cpu(): Promise<number>
  /** Resident memory, in bytes. */
  memory(): Promise<number>
  stop(): Promise<void>
}

/** @throws AssertionError when it answers wrong. */
export async function startPeer(peer: Peer, setting: Setting, backdrop: Backdrop): Promise<Running> {
  const { workers = 1, extraRoutes = 0 } = setting
  const port = await freePort()
  const startedAt = performance.now()
  const child = await peer.start({ ...backdrop, ...setting, workers, extraRoutes, port } satisfies PeerSettings)
  try {
    await pin(child.pid!, { first: Math.min(workers, cores) })
    const host = `127.0.0.1:${port}`
    const headers: Record<string, string> = setting.mode === 'full' ? { authorization: `Bearer ${backdrop.token}` } : {}
    const [first, ...others] = casesOf(peer)
    await untilAnswered(child, host, questionOf(peer, first!, headers))
    const startMs = performance.now() - startedAt
    const answerBytes = new Map<CaseName, number>()
    for (const name of [first!, ...others]) {
      answerBytes.set(name, await checkAnswer(host, peer, name, headers))
    }
    return {
      peer,
      setting,
      title: titleOf(peer, setting),
      host,
      headers,
      startMs,
      answerBytes,
      cpu: () => cpuOfTree(child.pid!),
      memory: () => memoryOfTree(child.pid!),
      stop: () => end(child)
    }
  } catch (error) {
    await end(child)
    throw error
  }
}

/** What it can answer. */
export function casesOf({ cases: some = Object.keys(cases) as CaseName[] }: Peer): readonly CaseName[] {
  return some
}

function titleOf({ title }: Peer, { mode, sampling, workers = 1, extraRoutes = 0 }: Setting): string {
  const parts = [title]
  if (mode === 'full') parts.push(sampling === 0 ? 'no tracing' : `${sampling * 100} % traced`)
  if (workers > 1) parts.push(`${workers} workers`)
  if (extraRoutes > 0) parts.push(`${extraRoutes} more routes`)
  return parts.join(', ')
}

/** Asks until there is an answer, right or wrong. */
async function untilAnswered(child: ChildProcess, host: string, { path, ...question }: Question) {
  const deadline = performance.now() + startTimeoutMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const isUp = await fetch(`http://${host}${path}`, question).then(
      async response => (await response.text()) !== '' && response.status === 200,
      () => false
    )
    if (isUp) return
    await delay(2)
  }
  throw new Error(`no answer within ${startTimeoutMs / 1000} s`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
