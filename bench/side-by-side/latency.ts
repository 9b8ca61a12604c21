// How long a request takes while a gateway has half, and four fifths, of the work that it can do.
import { cases } from '../cases.ts'
import type { LoadResult } from '../load-generator.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { oursOf } from './cost.ts'
import { type Field, inTurns, rounds, withField } from './field.ts'
import { measureCost, measureLatency, turnMs, warmUp } from './measure.ts'
import type { Running } from './running.ts'

const shares = [0.5, 0.8]
const quantiles = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const

export async function runLatency(): Promise<Suite[]> {
  const bare = await withField({ mode: 'bare' }, field => latencySuite(field, 'bare'))
  const full = await withField({ mode: 'full', samplings: [1] }, field => latencySuite(field, 'full'))
  return [bare, full]
}

async function latencySuite({ running, backdrop }: Field, what: string): Promise<Suite> {
  const { load } = backdrop
  const capacities = new Map<Running, number>()
  for (const each of running) await warmUp(each, 'product', load)
  for (const each of running) capacities.set(each, (await measureCost(each, 'product', load)).perSecond)
  const found: Case[] = []
  for (const share of shares) {
    const rateOf = (each: Running) => Math.round(capacities.get(each)! * share)
    const results = await inTurns(running, each => measureLatency(each, 'product', load, rateOf(each)))
    for (const [quantile, title] of Object.entries(quantiles)) {
      const inMs = ({ latencyUs }: LoadResult) => latencyUs[quantile as keyof typeof quantiles] / 1000
      const contenders = Array.from(results, ([each, values]) =>
        summarize(`${each.title}, ${rateOf(each).toLocaleString('en')}/s`, values.map(inMs))
      )
      found.push({ name: `${cases.product.title} at ${share * 100} %: ${title}`, contenders })
    }
  }
  return {
    title: `Side by side, ${what}: latency`,
    text: [
      'Milliseconds from when a request was due to the end of its answer, at a constant rate: each contender gets 50 and 80 % of',
      `what it answered as fast as it could. ${rounds} rounds of ${turnMs / 1000} s each. Load and upstream share a core on`,
      'machines with two, and the fast contenders wait for those.'
    ].join(' '),
    unit: 'ms',
    ours: oursOf(running),
    cases: found
  }
}
