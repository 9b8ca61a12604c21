// What telemetry costs: the whole gateway without an endpoint for it and with one, by what goes there.
import { setTimeout as delay } from 'node:timers/promises'
import { cases } from './cases.ts'
import { sluiceWith } from './peers/sluice.ts'
import { type Backdrop, startBackdrop } from './side-by-side/backdrop.ts'
import { inTurns, methodOf } from './side-by-side/field.ts'
import { type Cost, measureCost, warmUp } from './side-by-side/measure.ts'
import { type Running, startPeer } from './side-by-side/running.ts'
import { type Suite, summarize } from './suite.ts'
import { type Receiver, startReceiver } from './telemetry/start-receiver.ts'

/** The server span, the token, the limits of the address and of the user, the circuit, and the call. */
const spansPerRequest = 6
/** Spans wait for others until they are exported: for 5 s at most. */
const exportMs = 6000

interface Variant {
  name: string
  /** The share of traces that are kept. */
  sampling: number
  env?: NodeJS.ProcessEnv
}

const variants: readonly Variant[] = [
  { name: 'no endpoint', sampling: 0, env: { OTEL_EXPORTER_OTLP_ENDPOINT: '' } },
  { name: 'no metrics, no trace kept', sampling: 0, env: { OTEL_METRICS_EXPORTER: 'none' } },
  { name: 'metrics, no trace kept', sampling: 0 },
  { name: 'metrics, 10 % of traces', sampling: 0.1 },
  { name: 'metrics, 100 % of traces', sampling: 1 }
]

/** A variant under way, before a receiver of its own: what is exported late is then nobody else's. */
interface Gateway {
  running: Running
  receiver: Receiver
}

export async function runTelemetry(): Promise<Suite> {
  const backdrop = await startBackdrop()
  const gateways: Gateway[] = []
  try {
    for (const variant of variants) gateways.push(await startGateway(variant, backdrop))
    return await measure(gateways, backdrop)
  } finally {
    for (const { running, receiver } of gateways) for (const program of [running, receiver]) await program.stop()
    await backdrop.stop()
  }
}

async function startGateway({ name, sampling, env }: Variant, backdrop: Backdrop): Promise<Gateway> {
  const receiver = await startReceiver()
  const own = { ...backdrop, otlpPort: receiver.port }
  return { running: await startPeer(sluiceWith(name, env), { mode: 'full', sampling }, own), receiver }
}

async function measure(gateways: readonly Gateway[], backdrop: Backdrop): Promise<Suite> {
  const all = gateways.map(({ running }) => running)
  for (const running of all) await warmUp(running, 'product', backdrop.load)
  const before = await spansOf(gateways)
  const turns = await inTurns(all, running => measureCost(running, 'product', backdrop.load))
  const after = await spansOf(gateways)
  const arrived = Array.from(turns).flatMap(([{ peer, setting }, costs], index) => {
    if (setting.sampling === 0) return []
    return `${peer.title}: ${percent((after[index]! - before[index]!) / madeIn(costs, setting.sampling))}`
  })
  return {
    title: 'Telemetry',
    text: [
      `CPU microseconds per request of the whole gateway: ${cases.product.title}, which makes ${spansPerRequest} spans and 4`,
      `measurements. Spans that arrived, of those that were made: ${arrived.join('; ')}.`
    ].join(' '),
    unit: 'µs',
    // What telemetry adds is told in microseconds.
    ratiosTo: [],
    method: methodOf(backdrop),
    cases: casesIn(Array.from(turns, ([{ peer }, costs]) => [peer.title, costs.map(({ cpuUs }) => cpuUs)] as const))
  }
}

/** How many have arrived at each when all have. */
async function spansOf(gateways: readonly Gateway[]): Promise<number[]> {
  await delay(exportMs)
  return Promise.all(gateways.map(({ receiver }) => receiver.spans()))
}

function madeIn(costs: readonly Cost[], sampling: number): number {
  return costs.reduce((sum, { requests }) => sum + requests, 0) * spansPerRequest * sampling
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

function casesIn(costs: readonly (readonly [name: string, rounds: number[]])[]): Suite['cases'] {
  const [[, floor], ...others] = costs as [(typeof costs)[number], ...typeof costs]
  const added = others.map(([name, rounds]) =>
    summarize(
      name,
      rounds.map((cost, round) => cost - floor[round]!)
    )
  )
  return [
    { name: 'the request', contenders: costs.map(([name, rounds]) => summarize(name, rounds)) },
    { name: 'the telemetry', contenders: added }
  ]
}
