// BENCHMARKS.md, as it follows from what was recorded.
import { cases } from '../cases.ts'
import type { Method } from '../suite.ts'
import { describeCommit, describeMachine, type Environment } from './environment.ts'
import { noisySpread } from './format.ts'
import { goalsTable } from './goals-table.ts'
import { type Participant, type Recorded, type Results, tableOf } from './results.ts'
import { ratioTable, tablesOf } from './tables.ts'

/** @param names of all suites, as in `CASE=` */
export function page(results: Results, names: readonly string[]): string {
  // The others say where they differ from it.
  const main = Object.values(results.suites)[0]
  return [
    '# Benchmarks',
    ...(main === undefined ? [] : [conditions(main)]),
    '## Method',
    method(main?.tables[0]?.method),
    '## How to run',
    howToRun(results.contenders, names),
    '## At a glance',
    ...glance(results),
    '## Goals',
    'Ratios of what Sluice takes to what another does; of memory, to itself.',
    goalsTable(results),
    '## The contenders',
    contenderList(results.contenders),
    '## Details',
    ...Object.values(results.suites).flatMap(recorded => details(recorded, main!))
  ]
    .join('\n\n')
    .concat('\n')
}

/** One suite, as it is told at the end of its run. */
export function details({ environment, tables }: Recorded, main?: Recorded): string[] {
  return tables.flatMap((table, index) => {
    const differs = index === 0 && main !== undefined ? differences(environment, main.environment) : ''
    const pace = paceOf(table.method, main?.tables[0]?.method)
    return [`### ${table.title}`, `${table.text}${pace}${differs}`, ...tablesOf(table)]
  })
}

function conditions({ environment, tables }: Recorded): string {
  const { node, date } = environment
  const [table] = tables
  return [
    'Written by `make bench` out of [bench/results.json](bench/results.json), which has every round.',
    '',
    `- Machine: ${describeMachine(environment)}; ${pinning(table?.method)}`,
    `- Date and version: ${date}, ${describeCommit(environment)}, Node ${node}; [the others](#the-contenders)`,
    `- Rounds: ${rounds(table?.method)}`
  ].join('\n')
}

/** What is not as the page says. */
function differences(environment: Environment, main: Environment): string {
  const told = [
    (each: Environment) => `${each.date}, ${describeCommit(each)}`,
    ({ node }: Environment) => `Node ${node}`,
    describeMachine
  ]
  const differing = told.filter(tell => tell(environment) !== tell(main)).map(tell => tell(environment))
  return differing.length === 0 ? '' : ` Measured apart: ${differing.join(', ')}.`
}

function pinning(method: Method | undefined): string {
  return method?.isPinned === true
    ? 'pinned: who is measured has the first core, and upstream, telemetry and load the others'
    : 'nothing is pinned: all share the cores with upstream, telemetry and load'
}

function rounds(method: Method | undefined): string {
  return method === undefined
    ? 'several'
    : `${method.rounds}, in each a turn of ${method.turnMs / 1000} s for every contender`
}

/** How a table was measured, when that is not how the page says. */
function paceOf(method: Method | undefined, main: Method | undefined): string {
  if (method === undefined || JSON.stringify(method) === JSON.stringify(main)) return ''
  return ` ${method.rounds} rounds of ${method.turnMs / 1000} s, ${method.isPinned ? '' : 'not '}pinned.`
}

function method(of: Method | undefined): string {
  const { connections } = cases.product
  return [
    '1. All contenders serve the rules of one proto file before the same gRPC upstream, compiled (grpc-go), which answers with',
    '   bytes that it was given; their answers are compared, message by message, before the clock starts.',
    `2. They are loaded by a compiled program over HTTP/1.1: ${connections} connections (${cases.stream.connections} with streams), each of which asks again as soon`,
    '   as it is answered; at a constant rate for latencies, which count from when a request was due.',
    `3. They take turns, ${of === undefined ? 'round by round' : `${of.rounds} rounds of them`}: what disturbs the machine for a while disturbs all.`,
    '4. CPU is user and system time of the whole tree of processes. Figures are the median, and in brackets the lowest and highest',
    '   round; a ratio is taken within each round, and then the median of those.',
    `5. A figure with \\* is noisy: its highest round is above ${noisySpread} times its lowest. Think little of it.`
  ].join('\n')
}

function howToRun(contenders: readonly Participant[], names: readonly string[]): string {
  return [
    '```sh',
    'make bench                              # all of it, and this page; needs Go, and taskset to pin',
    'make bench CASE=full                    # one suite; the others stay as they were recorded',
    'make bench CASE=product PEER=sluice,gin # some contenders, or one case: tells what it finds, and writes nothing',
    'make bench CASE=page                    # nothing; this page anew, out of bench/results.json',
    'make bench-smoke                        # whether all contenders still run and answer right, in a minute',
    'make profile CASE=order MODE=bare       # where Sluice spends its time: by function, file and area',
    '```',
    '',
    `Suites for \`CASE=\`: ${list(names)}. Cases: ${list(Object.keys(cases))}.`,
    `Contenders for \`PEER=\`, bare Fastify is always there: ${list(contenders.map(({ id }) => id))}.`,
    '`ROUNDS=` and `TURN_MS=` change the rounds and the length of a turn, `WARM_UP_MS=` what comes before, `REQUESTS=` those of the footprint.'
  ].join('\n')
}

function list(names: readonly string[]): string {
  return names.map(name => `\`${name}\``).join(', ')
}

function glance(results: Results): string[] {
  const titleOf = (id: string) => results.contenders.find(each => each.id === id)?.title ?? null
  const tables = [
    {
      id: 'bare',
      reference: titleOf('fastify'),
      text: 'Bare: JSON to gRPC and back. CPU per request, to bare Fastify that asks no upstream.'
    },
    {
      id: 'full',
      reference: titleOf('sluice'),
      text: 'Full, with every request traced: besides, a token, limits, a circuit, metrics and traces. CPU per request, to Sluice.'
    }
  ]
  return tables.flatMap(({ id, reference, text }) => {
    const table = tableOf(results, id)
    const ratios = table && ratioTable(table, reference)
    return ratios ? [text, ratios] : [`${text} Not measured yet.`]
  })
}

function contenderList(contenders: readonly Participant[]): string {
  const rows = contenders.map(({ id, title, version, modes, remarks, missing }) => {
    const note = missing === null ? remarks : `Did not take part: ${missing}.`
    return `- **${title}** (\`${id}\`; ${modes.join(', ')})${version === '' ? '' : `: ${version}`}. ${note}`
  })
  return rows.map(row => row.trim()).join('\n')
}
