// What telemetry costs: the whole gateway without an endpoint for it and with one, by what goes there.
import { setTimeout as delay } from 'node:timers/promises'
import { cases } from './cases.ts'
import type { LoadGenerator } from './load-generator.ts'
import { sluiceWith } from './peers/sluice.ts'
import { type Backdrop, startBackdrop } from './side-by-side/backdrop.ts'
import { inTurns, methodOf } from './side-by-side/field.ts'
import { measureCost, warmUp } from './side-by-side/measure.ts'
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
  load: CountingLoad
}

interface CountingLoad extends LoadGenerator {
  /** So far, those of warming up too: they make spans as well. */
  requests(): number
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
  const running = await startPeer(sluiceWith(name, env), { mode: 'full', sampling }, own)
  return { running, receiver, load: counting(backdrop.load) }
}

function counting(load: LoadGenerator): CountingLoad {
  let requests = 0
  return {
    requests: () => requests,
    async run(job, onReady) {
      const result = await load.run(job, onReady)
      requests += result.requests
      return result
    },
    stop: load.stop
  }
}

async function measure(gateways: readonly Gateway[], backdrop: Backdrop): Promise<Suite> {
  const loads = new Map(gateways.map(({ running, load }) => [running, load]))
  for (const [running, load] of loads) await warmUp(running, 'product', load)
  const turns = await inTurns([...loads.keys()], running => measureCost(running, 'product', loads.get(running)!))
  return {
    title: 'Telemetry',
    text: [
      `CPU microseconds per request of the whole gateway: ${cases.product.title}, which makes ${spansPerRequest} spans and 4`,
      `measurements. Spans that arrived, of those that were made: ${(await arrivedAt(gateways)).join('; ')}.`
    ].join(' '),
    unit: 'µs',
    // What telemetry adds is told in microseconds.
    ratiosTo: [],
    method: methodOf(backdrop),
    cases: casesIn(Array.from(turns, ([{ peer }, costs]) => [peer.title, costs.map(({ cpuUs }) => cpuUs)] as const))
  }
}

/** What has arrived of what was kept, when all of it is exported. */
async function arrivedAt(gateways: readonly Gateway[]): Promise<string[]> {
  await delay(exportMs)
  const tracing = gateways.filter(({ running }) => running.setting.sampling > 0)
  return Promise.all(
    tracing.map(async ({ running: { peer, setting }, receiver, load }) => {
      const kept = load.requests() * spansPerRequest * setting.sampling
      return `${peer.title}: ${percent((await receiver.spans()) / kept)}`
    })
  )
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
