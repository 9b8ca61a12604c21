import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Case, Suite } from './suite.ts'

interface Recorded extends Suite {
  date: string
  node: string
  machine: string
}

type Results = Record<string, Recorded>

/** How far the rounds of one contender may be apart, as a ratio, before the report remarks on it. */
const noisySpread = 1.5

const resultsFile = new URL('./results.json', import.meta.url)
const pageFile = new URL('../BENCHMARKS.md', import.meta.url)

/** Puts what a suite found beside what the others did, and writes the page anew. */
export async function record(name: string, suite: Suite): Promise<void> {
  const results = JSON.parse(await readFile(resultsFile, 'utf8')) as Results
  results[name] = dated(suite)
  await writeFile(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
  await writeFile(pageFile, page(results))
}

/** Tells what a suite found. */
export function show(suite: Suite): void {
  console.log(section(dated(suite)))
}

function dated(suite: Suite): Recorded {
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`
  return { date: new Date().toISOString().slice(0, 10), node: process.version, machine, ...suite }
}

function page(results: Results): string {
  const head = [
    '# Benchmarks',
    '',
    'Written by `make bench`. Answers are compared before the clock starts, and the contenders take turns. Machines are shared',
    'and noisy: the ratio to the first of a case, in the same run, is what counts.',
    '',
    '```sh',
    'make bench                          # all of it, and this page; needs Go, and taskset to keep the contenders apart',
    'make bench CASE=full                # one suite: bare, full, latency, footprint, growth, hop, codec, match, telemetry',
    'make bench CASE=product PEER=gin    # one case, one contender beside the floor; writes nothing',
    'make bench-smoke                    # whether all contenders still run and answer right',
    'make profile                        # where Sluice spends its time',
    '```',
    ''
  ]
  return [...head, ...Object.values(results).map(section)].join('\n')
}

function section({ title, text, unit, ours, cases, date, node, machine }: Recorded): string {
  const isOurs = ours === undefined ? ['', ''] : [' to Sluice |', '---|']
  return [
    `## ${title}`,
    '',
    `${text} ${date}, Node ${node}, ${machine}.`,
    '',
    `| case | contender | median ${unit} | min | max | to the first |${isOurs[0]}`,
    `|---|---|---|---|---|---|${isOurs[1]}`,
    ...cases.flatMap(each => rows(each, ours)),
    '',
    ...noise(cases)
  ].join('\n')
}

/** Says of which figures to think little: the machine was busy with something else as well. */
function noise(cases: readonly Case[]): string[] {
  const noisy = cases.flatMap(({ name, contenders }) =>
    contenders.filter(({ min, max }) => max > noisySpread * min).map(contender => `${name} (${contender.name})`)
  )
  if (noisy.length === 0) return []
  return [`Noisy, the highest round above ${noisySpread} times the lowest: ${noisy.join('; ')}.`, '']
}

function rows({ name, contenders }: Case, ours: string | undefined): string[] {
  const reference = contenders[0]!.median
  // Its name may be followed by how it was loaded.
  const own = ours === undefined ? undefined : contenders.find(({ name }) => name.startsWith(ours))?.median
  return contenders.map((contender, index) => {
    const { median, min, max } = contender
    const figures = [median, min, max].map(figure => figure.toFixed(figure < 10 ? 2 : 1))
    const cells = [index === 0 ? name : '', contender.name, ...figures, (median / reference).toFixed(2)]
    if (ours !== undefined) cells.push(own === undefined ? '' : (median / own).toFixed(2))
    return `| ${cells.join(' | ')} |`
  })
}
