// What a request costs when no token comes twice. In the other tables all requests carry the same one, which a gateway may
// remember.
import { cases } from '../cases.ts'
import type { LoadJob } from '../load-generator.ts'
import { type Suite, summarize } from '../suite.ts'
import { type Field, inTurns, withField } from './field.ts'
import { measureCost, warmUp } from './measure.ts'
import { titlesOf } from './peers.ts'

/** More than any contender remembers, so that one is forgotten when it comes again. */
const tokenCount = 12_000

export async function runTokens(): Promise<Suite[]> {
  return [await withField({ mode: 'full', samplings: [1] }, tokenTable)]
}

async function tokenTable({ running, backdrop, method }: Field): Promise<Suite> {
  const jobs: Record<string, Partial<LoadJob>> = {
    'one token': {},
    'a token for each request': { headers: {}, tokens: await backdrop.signTokens(tokenCount) }
  }
  for (const each of running) await warmUp(each, 'product', backdrop.load)
  const measured = await inTurns(running, async each => {
    const costs = new Map<string, number>()
    for (const [name, job] of Object.entries(jobs)) {
      costs.set(name, (await measureCost(each, 'product', backdrop.load, job)).cpuUs)
    }
    return costs
  })
  return {
    id: 'tokens',
    title: 'Full, 100 % of traces, by how often a token comes: CPU per request',
    text: [
      `${cases.product.title}. Sluice remembers what it has verified for up to a minute, 10,000 tokens at most; here are as many tokens`,
      'of the same user as it takes that none is known when it comes.'
    ].join(' '),
    unit: 'µs',
    ratiosTo: [titlesOf.ours],
    growsFrom: 'one token',
    method,
    cases: Object.keys(jobs).map(name => ({
      name,
      contenders: Array.from(measured, ([{ peer }, rounds]) =>
        summarize(
          peer.title,
          rounds.map(costs => costs.get(name)!)
        )
      )
    }))
  }
}
