// Where the suites leave what they found: bench/results.json, and BENCHMARKS.md, which follows from it.
import { readFile, writeFile } from 'node:fs/promises'
import { environment } from './report/environment.ts'
import { details, page } from './report/page.ts'
import { merge, type Participant, type Results, serialize } from './report/results.ts'
import type { Suite } from './suite.ts'

const resultsFile = new URL('./results.json', import.meta.url)
const pageFile = new URL('../BENCHMARKS.md', import.meta.url)

/**
 * Puts what a suite found beside what the others did, and writes the page anew.
 *
 * @param names of all suites, in the order of the page
 * @param contenders of a suite that compares whole gateways
 */
export async function record(
  name: string,
  tables: Suite[],
  names: readonly string[],
  contenders?: Participant[]
): Promise<void> {
  const before = JSON.parse(await readFile(resultsFile, 'utf8')) as Results
  const recorded = { environment: environment(), tables }
  const results = merge(before, { name, recorded, ...(contenders && { contenders }) }, names)
  await writeFile(resultsFile, serialize(results))
  await writeFile(pageFile, page(results, names))
}

/** Tells what a suite found. */
export function show(tables: Suite[]): void {
  console.log(details({ environment: environment(), tables }).join('\n\n'))
}
