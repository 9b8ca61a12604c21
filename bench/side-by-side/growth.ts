// How the cost of a request grows with what a gateway has: routes, connections, the size of a body, and workers.
import { type CaseName, cases } from '../cases.ts'
import type { LoadJob } from '../load-generator.ts'
import type { Peer } from '../peer.ts'
import { cores } from '../processes/cores.ts'
import { type Case, type Contender, type Suite, summarize } from '../suite.ts'
import { type Backdrop, startBackdrop } from './backdrop.ts'
import { rounds } from './field.ts'
import { measureCost, turnMs, warmUp } from './measure.ts'
import { buildPeers } from './peers.ts'
import { casesOf, type Running, type Setting, startPeer } from './running.ts'

/** One of several sizes of the same. */
interface Step {
  title: string
  setting?: Partial<Setting>
  name?: CaseName
  job?: Partial<LoadJob>
}

const bare: Setting = { mode: 'bare', sampling: 0 }

const routes: Step[] = [10, 100, 1000].map(count => ({
  title: `${count} more routes`,
  setting: { extraRoutes: count }
}))
const connections: Step[] = [10, 1000, 10_000].map(count => ({
  title: `${count.toLocaleString('en')} idle connections`,
  job: { idle: count }
}))
const bodies: Step[] = [1, 32, 900].map(kilobytes => ({
  title: `a body of ${kilobytes} KB`,
  name: 'order',
  job: { body: orderOf(kilobytes * 1024), connections: 8 }
}))

export async function runGrowth(): Promise<Suite[]> {
  const { peers } = await buildPeers()
  const backdrop = await startBackdrop()
  try {
    const found: Case[] = []
    for (const peer of peers.filter(({ modes }) => modes.includes('bare'))) {
      // The floor does not read what it is sent.
      const steps = peer.id === 'fastify' ? connections : [...connections, ...bodies]
      if (peer.scales) steps.unshift(...routes)
      const contenders = await costsOf(
        peer,
        steps.filter(step => answers(peer, step)),
        backdrop
      )
      found.push({ name: peer.title, contenders })
    }
    const workers = await throughputs(
      peers.filter(({ scales }) => scales),
      backdrop
    )
    return [
      {
        title: 'Growth',
        text: [
          `CPU microseconds per request, bare: "${cases.product.title}", or POST where there is a body.`,
          `${rounds} rounds of ${turnMs / 1000} s each.`
        ].join(' '),
        unit: 'µs',
        cases: found
      },
      {
        title: 'Growth: workers',
        text: [
          `Requests a second, bare: "${cases.product.title}". With ${cores} cores: the upstream and the load need what the`,
          'workers would, so that this tells little on a machine with two.'
        ].join(' '),
        unit: '/s',
        cases: workers
      }
    ]
  } finally {
    await backdrop.stop()
  }
}

function answers(peer: Peer, { name = 'product' }: Step): boolean {
  return casesOf(peer).includes(name)
}

async function costsOf(peer: Peer, steps: readonly Step[], backdrop: Backdrop): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const { title, setting, name = 'product', job } of steps) {
    const values = await withRunning(peer, { ...bare, ...setting }, backdrop, async running => {
      await warmUp(running, name, backdrop.load)
      return repeat(async () => (await measureCost(running, name, backdrop.load, job)).cpuUs)
    })
    contenders.push(summarize(title, values))
  }
  return contenders
}

async function throughputs(peers: readonly Peer[], backdrop: Backdrop): Promise<Case[]> {
  const found: Case[] = []
  for (const peer of peers) {
    const contenders: Contender[] = []
    for (const workers of [1, 2]) {
      const values = await withRunning(peer, { ...bare, mode: 'full', workers }, backdrop, async running => {
        await warmUp(running, 'product', backdrop.load)
        return repeat(async () => (await measureCost(running, 'product', backdrop.load)).perSecond)
      })
      contenders.push(summarize(`${workers} of them`, values))
    }
    found.push({ name: peer.title, contenders })
  }
  return found
}

async function withRunning<Result>(
  peer: Peer,
  setting: Setting,
  backdrop: Backdrop,
  use: (running: Running) => Promise<Result>
): Promise<Result> {
  const running = await startPeer(peer, setting, backdrop)
  try {
    return await use(running)
  } finally {
    await running.stop()
  }
}

async function repeat(measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let round = 0; round < rounds; round++) values.push(await measure())
  return values
}

/** An order of about so many bytes: its note is the longer. */
function orderOf(bytes: number): string {
  const order = JSON.parse(cases.order.body!) as { note: string }
  const others = JSON.stringify({ ...order, note: '' }).length
  return JSON.stringify({ ...order, note: 'x'.repeat(Math.max(0, bytes - others)) })
}
