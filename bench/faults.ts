// `make faults`: what calls through the channel and its policies meet when upstreams are killed, stopped, cut off or broken.
// Real processes, one fault at a time. Writes the figures into docs/resilience.md. CASE plays only those with a text in
// their name, and writes nothing; VERBOSE=1 tells what the channel meets.
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Certificates, makeCertificates } from './faults/certificates.ts'
import type { RunClient } from './faults/client.ts'
import { type CallRecord, type Figures, figuresOf } from './faults/figures.ts'
import { printFigures, writeFigures } from './faults/report.ts'
import { type Scenario, scenarios } from './faults/scenarios.ts'
import { Stage } from './faults/stage.ts'
import { ask, startProgram, stop } from './processes.ts'

/** How long there is no fault at first, in milliseconds. */
const beforeMs = 2000
/** How long a call that was begun may take to end, in milliseconds: the deadline, and a little. */
const graceMs = 5500
const callsPerSecond = 200

const wanted = process.env.CASE ?? ''
const certificates = await makeCertificates()
const figures: { name: string; figures: Figures }[] = []
try {
  for (const scenario of scenarios.filter(({ name }) => name.includes(wanted))) {
    const found = { name: scenario.name, figures: await play(scenario, certificates) }
    console.log(printFigures([found]))
    figures.push(found)
  }
} finally {
  await rm(certificates.folder, { recursive: true })
}
if (figures.length === scenarios.length) await writeFigures(figures, callsPerSecond)

/** Runs a client against the upstreams of a scenario while the fault comes and goes. */
async function play(scenario: Scenario, certificates: Certificates): Promise<Figures> {
  const { upstreams = 3, proxied = false, tls = false, faultMs, afterMs } = scenario
  const stage = await Stage.create({ upstreams, proxied, certificates: tls ? certificates : null })
  const { right, wrong } = certificates
  const client = await startProgram('./faults/client.ts', {
    TARGET: stage.target,
    // Whoever signed the wrong one is trusted too: it is the name that is wrong.
    ...(tls && { TLS_CA: [right.cert, wrong.cert].join(',') })
  })
  try {
    const durationMs = beforeMs + faultMs + afterMs
    const records = ask(client, { callsPerSecond, durationMs, graceMs } satisfies RunClient) as Promise<CallRecord[]>
    await delay(beforeMs)
    const from = Date.now()
    await scenario.begin(stage, certificates)
    await delay(from + faultMs - Date.now())
    await scenario.end(stage)
    const to = Date.now()
    return figuresOf(await records, { from, to })
  } finally {
    await stop(client)
    await stage.close()
  }
}
