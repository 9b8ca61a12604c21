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
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`
  results[name] = { date: new Date().toISOString().slice(0, 10), node: process.version, machine, ...suite }
  await writeFile(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
  await writeFile(pageFile, page(results))
  console.log(section(results[name]))
}

function page(results: Results): string {
  const head = [
    '# Benchmarks',
    '',
    'Written by `make bench`. Answers are compared before the clock starts, and the contenders take turns. Machines are shared',
    'and noisy: the ratio to the first of a case, in the same run, is what counts.',
    ''
  ]
  return [...head, ...Object.values(results).map(section)].join('\n')
}

function section({ title, text, unit, cases, date, node, machine }: Recorded): string {
  return [
    `## ${title}`,
    '',
    `${text} ${date}, Node ${node}, ${machine}.`,
    '',
    `| case | contender | median ${unit} | min | max | ratio |`,
    '|---|---|---|---|---|---|',
    ...cases.flatMap(rows),
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

function rows({ name, contenders }: Case): string[] {
  const reference = contenders[0]!.median
  return contenders.map((contender, index) => {
    const { median, min, max } = contender
    const figures = [median, min, max].map(figure => figure.toFixed(figure < 10 ? 2 : 1))
    const cells = [index === 0 ? name : '', contender.name, ...figures, (median / reference).toFixed(2)]
    return `| ${cells.join(' | ')} |`
  })
}
