// What a contender takes besides the time of requests.
import { cases } from '../cases.ts'
import type { Mode } from '../peer.ts'
import { count } from '../settings.ts'
import { type Case, type Contender, type Suite, summarize } from '../suite.ts'
import { type Field, rounds, withField } from './field.ts'
import { loadFor, measureCost, warmUp } from './measure.ts'
import { type Running, startPeer } from './running.ts'

/** Memory has to be flat over these. */
const requests = count('REQUESTS', 1_000_000)
const parts = 4
/** Who would take longer for one part, in seconds, is left out. */
const longestPart = 60

export async function runFootprint(): Promise<Suite[]> {
  return [
    await withField({ mode: 'bare' }, field => footprint(field, 'bare', 'Bare')),
    await withField({ mode: 'full', samplings: [1] }, field => footprint(field, 'full', 'Full, 100 % of traces'))
  ]
}

async function footprint(field: Field, mode: Mode, title: string): Promise<Suite> {
  const { running, backdrop, method } = field
  const starts = await startTimes(field)
  const memories = [await memoryCase(running, 'MB at start')]
  const fast = await fastEnough(field)
  for (let part = 1; part <= parts; part++) {
    const name = `MB after ${((requests / parts) * part).toLocaleString('en')}`
    const load = (each: Running) => loadFor(each, 'product', backdrop.load, { requests: requests / parts })
    memories.push(await memoryCase(fast, name, load))
  }
  return {
    id: `footprint-${mode}`,
    title: `${title}: start and memory`,
    text: [
      'From the start of a program to its first right answer; and the resident memory of the whole tree of processes after so',
      `many requests, measured once: ${cases.product.title}. Who answers fewer than`,
      `${Math.round(requests / parts / longestPart).toLocaleString('en')} of them a second is not asked so often.`
    ].join(' '),
    unit: '',
    ratiosTo: [],
    growsFrom: memories[1]!.name,
    method,
    cases: [starts, ...memories]
  }
}

async function fastEnough({ running, backdrop }: Field): Promise<Running[]> {
  const fast: Running[] = []
  for (const each of running) {
    await warmUp(each, 'product', backdrop.load)
    const { perSecond } = await measureCost(each, 'product', backdrop.load)
    if (requests / parts / perSecond <= longestPart) fast.push(each)
  }
  return fast
}

/** The start of those that run is the first round. */
async function startTimes({ running, backdrop }: Field): Promise<Case> {
  const times = running.map(({ startMs }) => [startMs])
  for (let round = 1; round < rounds; round++) {
    for (const [index, { peer, setting }] of running.entries()) {
      const again = await startPeer(peer, setting, backdrop)
      times[index]!.push(again.startMs)
      await again.stop()
    }
  }
  return { name: 'start, ms', contenders: running.map(({ peer }, index) => summarize(peer.title, times[index]!)) }
}

/** Contender by contender: what is given back while others are loaded would not be seen. */
async function memoryCase(
  running: readonly Running[],
  name: string,
  load?: (running: Running) => Promise<unknown>
): Promise<Case> {
  const contenders: Contender[] = []
  for (const each of running) {
    await load?.(each)
    contenders.push(summarize(each.peer.title, [(await each.memory()) / 1_000_000]))
  }
  return { name, contenders }
}
