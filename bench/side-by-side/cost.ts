// What a request costs each contender.
import { type CaseName, cases, mainCases } from '../cases.ts'
import type { Case, Suite } from '../suite.ts'
import { summarize } from '../suite.ts'
import { answering, type Field, inTurns, withField } from './field.ts'
import { type Cost, measureCost, warmUp } from './measure.ts'
import { titlesOf } from './peers.ts'
import type { Running } from './running.ts'

const wanted = (Object.keys(cases) as CaseName[]).filter(name => name === process.env.CASE)
/** Those of the tables, or the one that was asked for. */
const names: readonly CaseName[] = wanted.length > 0 ? wanted : mainCases

/** The shares of traces that are kept, and what they are called. */
const samplings = new Map([
  [1, '100 % of traces'],
  [0.1, '10 % of traces'],
  [0, 'no tracing']
])

export function runBare(): Promise<Suite[]> {
  return withField({ mode: 'bare' }, field =>
    costTables(field, 'bare', 'Bare', 'JSON to gRPC and back, and nothing else.')
  )
}

/** All cases with all traces kept; one product besides with fewer. */
export async function runFull(): Promise<Suite[]> {
  const work =
    'A token is verified, limits are kept, a circuit watches the upstream, requests are measured and traced, by OTLP.'
  const all = await withField({ mode: 'full', samplings: [1] }, field =>
    costTables(field, 'full', 'Full, 100 % of traces', work)
  )
  if (!names.includes('product')) return all
  return [...all, await withField({ mode: 'full', samplings: [...samplings.keys()] }, samplingTable)]
}

async function costTables(field: Field, id: string, title: string, work: string): Promise<Suite[]> {
  const costs: Case[] = []
  const capacities: Case[] = []
  for (const name of names) {
    const measured = await costsOf(field, answering(field.running, name), name)
    const of = (value: keyof Cost): Case => ({
      name: cases[name].title,
      contenders: Array.from(measured, ([{ peer }, rounds]) =>
        summarize(
          peer.title,
          rounds.map(each => each[value])
        )
      )
    })
    costs.push(of('cpuUs'))
    capacities.push(of('perSecond'))
  }
  const { floor, ours } = titlesOf
  return [
    {
      id,
      title: `${title}: CPU per request`,
      text: work,
      unit: 'µs',
      ratiosTo: [floor, ours],
      method: field.method,
      cases: costs
    },
    {
      title: `${title}: requests a second on one core`,
      text: 'Of the same run. Where the upstream and the load have one core between them, the fastest wait for those.',
      unit: '/s',
      // Those of the CPU say as much.
      ratiosTo: [],
      method: field.method,
      cases: capacities
    }
  ]
}

/** By how many traces are kept. The floor, which has none, is beside each. */
async function samplingTable(field: Field): Promise<Suite> {
  const measured = await costsOf(field, field.running, 'product')
  return {
    title: 'Full, by how many traces are kept: CPU per request',
    text: `${cases.product.title}. Bare Fastify, which traces nothing, is measured once.`,
    unit: 'µs',
    ratiosTo: [titlesOf.ours],
    method: field.method,
    cases: Array.from(samplings, ([sampling, name]) => ({
      name,
      contenders: Array.from(measured)
        .filter(([{ setting }]) => setting.mode === 'bare' || setting.sampling === sampling)
        .map(([{ peer }, rounds]) =>
          summarize(
            peer.title,
            rounds.map(({ cpuUs }) => cpuUs)
          )
        )
    }))
  }
}

async function costsOf(
  { backdrop }: Field,
  running: readonly Running[],
  name: CaseName
): Promise<Map<Running, Cost[]>> {
  for (const each of running) await warmUp(each, name, backdrop.load)
  return inTurns(running, each => measureCost(each, name, backdrop.load))
}
