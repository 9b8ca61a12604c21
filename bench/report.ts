// Where the suites leave what they found: bench/results.json, and BENCHMARKS.md, which follows from it.
import { readFile, writeFile } from 'node:fs/promises'
import { environment } from './report/environment.ts'
import { details, page } from './report/page.ts'
import { merge, only, type Participant, type Results, serialize } from './report/results.ts'
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
  const recorded = { environment: environment(), tables }
  await write(merge(await read(), { name, recorded, ...(contenders && { contenders }) }, names), names)
}

/** Writes the page anew out of what is recorded: the words of it have changed, or the suites. */
export async function rewrite(names: readonly string[]): Promise<void> {
  await write(only(await read(), names), names)
}

async function read(): Promise<Results> {
  return JSON.parse(await readFile(resultsFile, 'utf8')) as Results
}

async function write(results: Results, names: readonly string[]): Promise<void> {
  const text = serialize(results)
  await writeFile(resultsFile, text)
  // Out of what is written, so that the page is the same when it is written again.
  await writeFile(pageFile, page(JSON.parse(text) as Results, names))
}

/** Tells what a suite found. */
export function show(tables: Suite[]): void {
  console.log(details({ environment: environment(), tables }).join('\n\n'))
}
