// What is measured of a running contender.
import { setTimeout as delay } from 'node:timers/promises'
import { type CaseName, cases } from '../cases.ts'
import type { LoadGenerator, LoadJob, LoadResult } from '../load-generator.ts'
import { count } from '../settings.ts'
import { questionOf } from './answers.ts'
import type { Running } from './running.ts'

/** How long each turn of a contender takes, in milliseconds. */
export const turnMs = count('TURN_MS', 1500)

/**
 * How long a contender is loaded before each of its turns, in milliseconds: what it let go of while it had nothing to do, or
 * what the system took from it, comes back first.
 */
const leadInMs = 400

/** What is compiled late, with what was learnt until then, counts as work; of programs that run for days it is none. */
const warmUpMs = count('WARM_UP_MS', 4000)

export interface Cost {
  /** CPU microseconds per request, of the whole tree of processes. */
  cpuUs: number
  /** Requests answered in a second. */
  perSecond: number
}

/** Loads it as fast as it answers. What it takes to open connections does not count. */
export async function measureCost(
  running: Running,
  name: CaseName,
  load: LoadGenerator,
  job: Partial<LoadJob> = {}
): Promise<Cost> {
  await leadIn(running, name, load, job)
  let before = running.cpu()
  const result = await loadFor(running, name, load, { durationMs: turnMs, ...job }, () => {
    before = running.cpu()
  })
  const cpuUs = ((await running.cpu()) - (await before)) / result.requests
  return { cpuUs, perSecond: result.requests / result.seconds }
}

/** Loads it with so many requests a second; latencies are from when each was due. */
export async function measureLatency(running: Running, name: CaseName, load: LoadGenerator, rate: number) {
  await leadIn(running, name, load, { rate })
  return await loadFor(running, name, load, { durationMs: turnMs, rate })
}

async function leadIn(running: Running, name: CaseName, load: LoadGenerator, job: Partial<LoadJob>): Promise<void> {
  await loadFor(running, name, load, { ...job, durationMs: leadInMs, requests: 0 })
}

/** Until it is compiled as it will be, and its caches are filled. */
export async function warmUp(running: Running, name: CaseName, load: LoadGenerator): Promise<void> {
  await loadFor(running, name, load, { durationMs: warmUpMs })
  // What it does behind its answers, such as exports, is not the next one's.
  await delay(100)
}

/** @throws Error when an answer was wrong, or did not come */
export async function loadFor(
  { peer, title, host, headers, answerBytes }: Running,
  name: CaseName,
  load: LoadGenerator,
  job: Partial<LoadJob>,
  onReady?: () => void
): Promise<LoadResult> {
  const whole: LoadJob = {
    ...questionOf(peer, name, headers),
    url: host,
    connections: cases[name].connections,
    expect: { status: 200, bytes: answerBytes.get(name)! },
    ...job
  }
  const result = await load.run(whole, onReady)
  if (result.errors === 0) return result
  throw new Error(
    `${title}: ${result.errors} of ${result.requests} answers to "${name}" were wrong: ${result.firstError}`
  )
}
