// How the cost of a request grows with what a gateway has: routes, connections, the size of a body and of an answer, the
// fields of a message, and workers.
import { type CaseName, cases, listCases, wideCases } from '../cases.ts'
import type { LoadJob } from '../load-generator.ts'
import type { Peer } from '../peer.ts'
import { cores } from '../processes/cores.ts'
import { type Case, type Suite, summarize } from '../suite.ts'
import { type Backdrop, startBackdrop } from './backdrop.ts'
import { inTurns, methodOf } from './field.ts'
import { type Cost, measureCost, warmUp } from './measure.ts'
import { buildPeers } from './peers.ts'
import { casesOf, type Running, type Setting, startPeer } from './running.ts'

/** Something that there is more and more of. */
interface Dimension {
  title: string
  text: string
  /** What is measured. Default: the CPU. */
  value?: keyof Cost
  /** Who can have more of it. */
  takesPart(peer: Peer): boolean
  steps: Step[]
}

interface Step {
  /** As in the tables. */
  name: string
  setting?: Partial<Setting>
  /** Default: one product. */
  asks?: CaseName
  job?: Partial<LoadJob>
}

const bare: Setting = { mode: 'bare', sampling: 0 }
const isBare = ({ modes }: Peer) => modes.includes('bare')
const product = cases.product.title
const largestAnswer = JSON.stringify(cases.list2000.expected[0]).length

const dimensions: Dimension[] = [
  {
    title: 'routes',
    text: `Bare, ${product}, among so many other routes.`,
    takesPart: peer => isBare(peer) && peer.scales === true,
    steps: [10, 100, 1000].map(count => ({
      name: `${count.toLocaleString('en')} routes`,
      setting: { extraRoutes: count }
    }))
  },
  {
    title: 'connections',
    text: `Bare, ${product}, while so many other connections are open and idle.`,
    takesPart: isBare,
    steps: [10, 1000, 10_000].map(count => ({ name: `${count.toLocaleString('en')} idle`, job: { idle: count } }))
  },
  {
    title: 'bodies',
    text: `Bare, ${cases.order.title} of such a size.`,
    // The floor does not read what it is sent.
    takesPart: peer => isBare(peer) && peer.id !== 'fastify' && casesOf(peer).includes('order'),
    steps: [1, 32, 900].map(kilobytes => ({
      name: `${kilobytes} KB`,
      asks: 'order',
      job: { body: orderOf(kilobytes * 1024), connections: 8 }
    }))
  },
  {
    title: 'answers',
    text: `Bare, GET a list of so many products, up to ${Math.round(largestAnswer / 1000)} KB of JSON.`,
    takesPart: peer => isBare(peer) && casesOf(peer).includes('list2000'),
    steps: Object.entries(listCases).map(([products, asks]) => ({
      name: `${Number(products).toLocaleString('en')} products`,
      asks,
      job: { connections: cases.list2000.connections }
    }))
  },
  {
    title: 'message fields',
    text: [
      'Bare, GET a message of so many fields, all set: by turns a string of 12 characters, an int64, a double, a bool, an enum',
      'and an int32.'
    ].join(' '),
    takesPart: peer => isBare(peer) && casesOf(peer).includes('wide10'),
    steps: Object.entries(wideCases).map(([fields, asks]) => ({ name: `${fields} fields`, asks }))
  },
  {
    title: 'workers',
    text: [
      `Full, without tracing, ${product}. With ${cores} cores: the upstream and the load need what the workers would, so that`,
      'this tells little on a machine with two.'
    ].join(' '),
    value: 'perSecond',
    takesPart: ({ modes, scales }) => modes.includes('full') && scales === true,
    steps: [1, 2].map(workers => ({
      name: workers === 1 ? '1 worker' : `${workers} workers`,
      setting: { mode: 'full', workers }
    }))
  }
]

export async function runGrowth(): Promise<Suite[]> {
  const { peers } = await buildPeers()
  const backdrop = await startBackdrop()
  try {
    const tables: Suite[] = []
    for (const dimension of dimensions) tables.push(await grow(dimension, peers, backdrop))
    return tables
  } finally {
    await backdrop.stop()
  }
}

async function grow(dimension: Dimension, peers: readonly Peer[], backdrop: Backdrop): Promise<Suite> {
  const { title, text, value = 'cpuUs', takesPart, steps } = dimension
  const taking = peers.filter(takesPart)
  const found: Case[] = []
  for (const step of steps) found.push(await measureStep(step, value, taking, backdrop))
  return {
    title: value === 'cpuUs' ? `Growth, ${title}: CPU per request` : `Growth, ${title}: requests a second`,
    text,
    unit: value === 'cpuUs' ? 'µs' : '/s',
    ratiosTo: [],
    growsFrom: steps[0]!.name,
    method: methodOf(backdrop),
    cases: found
  }
}

async function measureStep(
  { name, setting, asks = 'product', job }: Step,
  value: keyof Cost,
  peers: readonly Peer[],
  backdrop: Backdrop
): Promise<Case> {
  const running: Running[] = []
  try {
    for (const peer of peers) running.push(await startPeer(peer, { ...bare, ...setting }, backdrop))
    for (const each of running) await warmUp(each, asks, backdrop.load)
    const measured = await inTurns(running, each => measureCost(each, asks, backdrop.load, job))
    const contenders = Array.from(measured, ([{ peer }, rounds]) =>
      summarize(
        peer.title,
        rounds.map(each => each[value])
      )
    )
    return { name, contenders }
  } finally {
    for (const each of running) await each.stop()
  }
}

/** An order of about so many bytes: its note is the longer. */
function orderOf(bytes: number): string {
  const order = JSON.parse(cases.order.body!) as { note: string }
  const others = JSON.stringify({ ...order, note: '' }).length
  return JSON.stringify({ ...order, note: 'x'.repeat(Math.max(0, bytes - others)) })
}
