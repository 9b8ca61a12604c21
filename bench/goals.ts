// What the figures are held to. What is missed stays in BENCHMARKS.md as it was measured, with the reason that is told here.
import { cases } from './cases.ts'
import { type Results, tableOf } from './report/results.ts'
import { ratioOf, type Spread } from './suite.ts'

export interface Goal {
  /** What is held to a bound, in Markdown. */
  text: string
  bound: Bound
  /** Finds it among what was recorded; null: it was not measured yet. */
  measured(results: Results): Measured | null
  /** Why it is missed, in Markdown; printed only then. Default: nobody knows yet. */
  reason?: string
}

/** `told`: there is nothing to miss. */
export type Bound = { atMost: number } | { below: number } | 'told'

export interface Measured {
  ratio: Spread
  /** The case of several that decides. */
  decisive?: string
}

const product = cases.product.title
/** How far memory may be, after the last requests, above what it was after the first quarter, to be called flat. */
const flat = 1.1

export const goals: readonly Goal[] = [
  {
    text: `CPU, full, 100 % of traces, to the reference design in Go (Gin + grpc-go): ${product}`,
    bound: { atMost: 0.6 },
    measured: results => ratioIn(results, 'full', 'gin', product)
  },
  {
    text: `The same, when no token comes twice: ${product}`,
    bound: 'told',
    measured: results => ratioIn(results, 'tokens', 'gin', tableOf(results, 'tokens')?.cases.at(-1)?.name ?? '')
  },
  {
    text: `CPU, bare, to bare Fastify without an upstream: ${product}`,
    bound: { atMost: 1.8 },
    measured: results => ratioIn(results, 'bare', 'fastify', product)
  },
  ...(['grpc-gateway', 'vanguard'] as const).flatMap(id =>
    (['bare', 'full'] as const).map(
      (mode): Goal => ({
        text: `CPU, ${mode === 'bare' ? 'bare' : 'full, 100 % of traces'}, to ${id === 'vanguard' ? 'vanguard-go' : id}, in the worst case`,
        bound: { below: 1 },
        measured: results => highestRatio(results, mode, id)
      })
    )
  ),
  {
    text: `CPU, bare, to Envoy: ${product}`,
    bound: 'told',
    measured: results => ratioIn(results, 'bare', 'envoy', product)
  },
  {
    text: `CPU, full, 100 % of traces, to Envoy: ${product}`,
    bound: 'told',
    measured: results => ratioIn(results, 'full', 'envoy', product)
  },
  ...(['bare', 'full'] as const).map(
    (mode): Goal => ({
      text: `Memory, ${mode}, after all requests, to after the first quarter of them`,
      bound: { atMost: flat },
      measured: results => growthIn(results, `footprint-${mode}`)
    })
  )
]

export function isMet(bound: Bound, ratio: number): boolean {
  if (bound === 'told') return true
  return 'atMost' in bound ? ratio <= bound.atMost : ratio < bound.below
}

/** What Sluice takes of what another contender does, in one case of a table. */
function ratioIn(results: Results, table: string, id: string, name: string): Measured | null {
  const found = tableOf(results, table)?.cases.find(each => each.name === name)
  const titleOf = (wanted: string) => results.contenders.find(each => each.id === wanted)?.title
  const [ours, theirs] = ['sluice', id].map(each => found?.contenders.find(({ name }) => name === titleOf(each)))
  return ours === undefined || theirs === undefined ? null : { ratio: ratioOf(ours, theirs) }
}

/** Of all cases that both can answer, the one that is the worst for Sluice. */
function highestRatio(results: Results, table: string, id: string): Measured | null {
  const all = (tableOf(results, table)?.cases ?? []).flatMap(({ name }) => {
    const measured = ratioIn(results, table, id, name)
    return measured === null ? [] : [{ ...measured, decisive: name }]
  })
  return all.toSorted((one, other) => other.ratio.median - one.ratio.median)[0] ?? null
}

/** How the last case of a table is to the one that it grows from. */
function growthIn(results: Results, table: string): Measured | null {
  const found = tableOf(results, table)
  const title = results.contenders.find(({ id }) => id === 'sluice')?.title
  const first = found?.cases.find(({ name }) => name === found.growsFrom)
  const [from, to] = [first, found?.cases.at(-1)].map(each => each?.contenders.find(({ name }) => name === title))
  return from === undefined || to === undefined ? null : { ratio: ratioOf(to, from) }
}
