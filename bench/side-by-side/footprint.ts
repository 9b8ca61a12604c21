// What a contender takes besides the time of requests.
import { cases } from '../cases.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { oursOf } from './cost.ts'
import { type Field, withField } from './field.ts'
import { loadFor } from './measure.ts'

/** Memory has to be flat over these. */
const requests = Number(process.env.REQUESTS ?? 1_000_000)
const parts = 4

export async function runFootprint(): Promise<Suite[]> {
  return [
    await withField({ mode: 'bare' }, field => footprint(field, 'bare')),
    await withField({ mode: 'full', samplings: [1] }, field => footprint(field, 'full'))
  ]
}

async function footprint({ running, backdrop }: Field, what: string): Promise<Suite> {
  const found: Case[] = [
    { name: 'ms from its start to an answer', contenders: running.map(each => summarize(each.title, [each.startMs])) }
  ]
  const memories = new Map(running.map(each => [each, [] as number[]]))
  for (const each of running) {
    for (let part = 0; part < parts; part++) {
      await loadFor(each, 'product', backdrop.load, { requests: requests / parts })
      memories.get(each)!.push((await each.memory()) / 1_000_000)
    }
  }
  for (let part = 0; part < parts; part++) {
    const after = ((requests / parts) * (part + 1)).toLocaleString('en')
    const contenders = running.map(each => summarize(each.title, [memories.get(each)![part]!]))
    found.push({ name: `MB after ${after} requests`, contenders })
  }
  return {
    title: `Side by side, ${what}: start and memory`,
    text: `Resident memory of the whole tree of processes, measured under "${cases.product.title}".`,
    unit: '',
    ours: oursOf(running),
    cases: found
  }
}
