// What a request costs each contender.
import { type CaseName, cases } from '../cases.ts'
import type { Mode } from '../peer.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { answering, type Field, inTurns, rounds, withField } from './field.ts'
import { measureCost, turnMs, warmUp } from './measure.ts'
import type { Running } from './running.ts'

const allNames = Object.keys(cases) as CaseName[]
const wanted = allNames.filter(name => name === process.env.CASE)
/** The cases, or the one that was asked for. */
const names = wanted.length > 0 ? wanted : allNames

export function runBare(): Promise<Suite[]> {
  return withField({ mode: 'bare' }, field => costSuites(field, 'bare', names))
}

/** All cases with all traces kept; one product besides with fewer. */
export async function runFull(): Promise<Suite[]> {
  const all = await withField({ mode: 'full', samplings: [1] }, field => costSuites(field, 'full', names))
  if (!names.includes('product')) return all
  const fewer = await withField({ mode: 'full', samplings: [1, 0.1, 0] }, field =>
    costSuites(field, 'full, by how many traces are kept', ['product'])
  )
  return [...all, ...fewer]
}

async function costSuites({ running, backdrop, text }: Field, what: string, names: readonly CaseName[]) {
  const costs: Case[] = []
  const capacities: Case[] = []
  for (const name of names) {
    const contenders = answering(running, name)
    for (const each of contenders) await warmUp(each, name, backdrop.load)
    const figures = await inTurns(contenders, each => measureCost(each, name, backdrop.load))
    const sum = (value: 'cpuUs' | 'perSecond') =>
      Array.from(figures, ([{ title }, values]) =>
        summarize(
          title,
          values.map(each => each[value])
        )
      )
    costs.push({ name: cases[name].title, contenders: sum('cpuUs') })
    capacities.push({ name: cases[name].title, contenders: sum('perSecond') })
  }
  const method = [
    `${description(what)} Upstream: ${backdrop.upstreamKind}. ${rounds} rounds of ${turnMs / 1000} s each, closed loop over`,
    `${cases.product.connections} connections. ${text}`
  ].join(' ')
  const title = `Side by side, ${what}`
  return [
    { title: `${title}: CPU`, unit: 'µs', ours: oursOf(running), cases: costs, text: method },
    {
      title: `${title}: requests a second on one core`,
      unit: '/s',
      ours: oursOf(running),
      cases: capacities,
      text: 'Of the same run. Where the upstream and the load have one core between them, the fastest wait for those.'
    }
  ] satisfies Suite[]
}

function description(what: string): string {
  const mode: Mode = what === 'bare' ? 'bare' : 'full'
  const work =
    mode === 'bare'
      ? 'JSON to gRPC and back, and nothing else.'
      : 'A token is verified, limits are kept, a circuit watches the upstream, requests are measured and traced, by OTLP.'
  return `CPU microseconds per request of the whole tree of processes, user and system. ${work}`
}

/** What the second column of ratios is against. */
export function oursOf(running: readonly Running[]): string | undefined {
  return running.find(({ peer }) => peer.id === 'sluice')?.title
}
