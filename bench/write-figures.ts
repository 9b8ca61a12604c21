import { readFile, writeFile } from 'node:fs/promises'
import { describeMachine, environment } from './report/environment.ts'

const marks = ['<!-- figures: begin -->', '<!-- figures: end -->'] as const

/**
 * Puts figures between the marks of a page.
 *
 * @param page relative to docs/
 */
export async function writeFigures(page: string, text: string): Promise<void> {
  const file = new URL(`../docs/${page}`, import.meta.url)
  const before = await readFile(file, 'utf8')
  const [begin, end] = marks.map(mark => before.indexOf(mark)) as [number, number]
  if (begin === -1 || end < begin) throw new Error(`docs/${page} lacks ${marks.join(' and ')}`)
  await writeFile(file, `${before.slice(0, begin + marks[0].length)}\n${text}\n${before.slice(end)}`)
}

/** Where and when figures were made: the date, Node, and the machine. */
export function whereAndWhen(): string {
  const here = environment()
  return `${here.date}, Node ${here.node}, ${describeMachine(here)}`
}
