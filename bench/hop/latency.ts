// How long a request takes while the gateway has half of the work that it can do.
import { loadAt, loadFor } from '../load.ts'
import type { Subject } from '../processes.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { hopCases } from './cases.ts'
import { targetOf, withSubjects } from './run.ts'

const rounds = Number(process.env.ROUNDS ?? 5)
/** How long each turn of a contender takes, in milliseconds. */
const turnMs = Number(process.env.TURN_MS ?? 2000)

interface Offer {
  subject: Subject
  /** Requests a second. */
  rate: number
  /** Of each round, in milliseconds. */
  p50: number[]
  p99: number[]
}

export async function runLatency(): Promise<Suite> {
  const cases: Case[] = []
  await withSubjects('unary', async subjects => {
    cases.push(...(await measure(subjects)))
  })
  return {
    title: 'Latency at half load',
    text: [
      'Milliseconds from when a request was due to the end of its answer, in an open loop: requests leave in time whether or not',
      'others were answered, by a timer of one millisecond. Each contender gets half of what it could do.',
      `${rounds} rounds of ${turnMs / 1000} s each; median, min and max are of the rounds. Gateway, upstream and load share the cores,`,
      'and so wait for each other: with two cores, the p99 is mostly that.'
    ].join(' '),
    unit: 'ms',
    cases
  }
}

async function measure(subjects: readonly Subject[]): Promise<Case[]> {
  const { concurrency, name } = hopCases.unary
  const offers: Offer[] = []
  for (const subject of subjects) {
    const answers = await loadFor(targetOf(subject, hopCases.unary), concurrency, turnMs)
    offers.push({ subject, rate: Math.round((answers / turnMs) * 500), p50: [], p99: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { subject, rate, p50, p99 } of offers) {
      const latencies = await loadAt(targetOf(subject, hopCases.unary), rate, turnMs)
      latencies.sort((one, other) => one - other)
      p50.push(latencies[Math.floor(latencies.length * 0.5)]!)
      p99.push(latencies[Math.floor(latencies.length * 0.99)]!)
    }
  }
  return (['p50', 'p99'] as const).map(quantile => ({
    name: `${name}: ${quantile}`,
    contenders: offers.map(offer =>
      summarize(`${offer.subject.name}, ${offer.rate.toLocaleString('en')}/s`, offer[quantile])
    )
  }))
}
