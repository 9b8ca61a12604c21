// How long a request takes while a gateway has half, and four fifths, of the work that it can do; and while all have as much.
import { cases } from '../cases.ts'
import type { LoadResult } from '../load-generator.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { type Field, inTurns, withField } from './field.ts'
import { measureCost, measureLatency, warmUp } from './measure.ts'
import type { Running } from './running.ts'

const shares = [0.5, 0.8]
/** Of its capacity: beyond that, a latency tells of the queue. */
const mostBusy = 0.8
const quantiles = { p50: 'p50, ms', p99: 'p99, ms', p999: 'p99.9, ms' } as const

export async function runLatency(): Promise<Suite[]> {
  const bare = await withField({ mode: 'bare' }, field => latencyTables(field, 'Bare'))
  const full = await withField({ mode: 'full', samplings: [1] }, field => latencyTables(field, 'Full, 100 % of traces'))
  return [...bare, ...full]
}

async function latencyTables(field: Field, title: string): Promise<Suite[]> {
  const { running, backdrop } = field
  for (const each of running) await warmUp(each, 'product', backdrop.load)
  const fastest = await inTurns(running, each => measureCost(each, 'product', backdrop.load))
  const capacities = new Map(
    Array.from(fastest, ([each, rounds]) => [
      each,
      summarize(
        each.title,
        rounds.map(({ perSecond }) => perSecond)
      ).median
    ])
  )
  const tables: Suite[] = []
  for (const share of shares) {
    tables.push(
      await latencyTable(field, {
        title: `${title}: latency at ${share * 100} % of capacity`,
        text: [
          `${cases.product.title}, each at ${share * 100} % of what it answered as fast as it could. Where the upstream and the load have one`,
          'core between them, those are nearly full before the fastest contenders are, which then wait for them.'
        ].join(' '),
        rateOf: each => Math.round(capacities.get(each)! * share)
      })
    )
  }
  return [...tables, await sameRateTable(field, title, capacities)]
}

/** Of those that have enough left with that rate. */
async function sameRateTable(field: Field, title: string, capacities: ReadonlyMap<Running, number>): Promise<Suite> {
  const sorted = [...capacities.values()].toSorted((one, other) => one - other)
  const rate = Math.round(sorted[sorted.length >> 1]! / 2)
  const running = field.running.filter(each => capacities.get(each)! * mostBusy >= rate)
  return latencyTable(
    { ...field, running },
    {
      title: `${title}: latency at the same rate`,
      text: `${cases.product.title}, all with half of what the contender in the middle can do; without those that have not as much at ${mostBusy * 100} % of their capacity.`,
      rateOf: () => rate
    }
  )
}

interface Rates {
  title: string
  text: string
  /** Requests a second. */
  rateOf(each: Running): number
}

async function latencyTable({ running, backdrop, method }: Field, { title, text, rateOf }: Rates): Promise<Suite> {
  const results = await inTurns(running, each => measureLatency(each, 'product', backdrop.load, rateOf(each)))
  const latencies = Object.entries(quantiles).map(([quantile, name]): Case => {
    const inMs = ({ latencyUs }: LoadResult) => latencyUs[quantile as keyof typeof quantiles] / 1000
    return {
      name,
      contenders: Array.from(results, ([{ peer }, rounds]) => summarize(peer.title, rounds.map(inMs)))
    }
  })
  const rates = { name: 'asked, /s', contenders: running.map(each => summarize(each.peer.title, [rateOf(each)])) }
  return {
    title,
    text,
    unit: '',
    // Each may have a rate of its own.
    ratiosTo: [],
    method,
    cases: [rates, ...latencies]
  }
}
