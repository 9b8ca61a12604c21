import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Figures, Latencies } from './figures.ts'

export interface Found {
  name: string
  figures: Figures
}

const pageFile = new URL('../../docs/resilience.md', import.meta.url)
const marks = ['<!-- figures: begin -->', '<!-- figures: end -->'] as const

const head = [
  '| fault | calls | failed, may be repeated | failed, others | attempts per call | before | during | after | calm after fault | calm after its end |',
  '|---|---|---|---|---|---|---|---|---|---|'
]

/** Puts the figures between the marks of the page. */
export async function writeFigures(found: readonly Found[], callsPerSecond: number): Promise<void> {
  const page = await readFile(pageFile, 'utf8')
  const [begin, end] = marks.map(mark => page.indexOf(mark)) as [number, number]
  if (begin === -1 || end < begin) throw new Error(`docs/resilience.md lacks ${marks.join(' and ')}`)
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`
  const text = [
    `\`make faults\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}; ${callsPerSecond} calls a second, each answered after`,
    '20 ms. Every second one may be repeated. Latencies are p50 / p99 / highest in milliseconds, of calls that failed too.'
  ].join('\n')
  await writeFile(
    pageFile,
    `${page.slice(0, begin + marks[0].length)}\n${text}\n\n${printFigures(found)}\n${page.slice(end)}`
  )
}

export function printFigures(found: readonly Found[]): string {
  return [...head, ...found.map(row)].join('\n')
}

function row({ name, figures }: Found): string {
  const { calls, safeErrors, otherErrors, attemptsPerCall, before, during, after } = figures
  const cells = [
    name,
    String(calls),
    errors(safeErrors),
    errors(otherErrors),
    attemptsPerCall.toFixed(2),
    ...[before, during, after].map(latencies),
    seconds(figures.recoveredAfterStartMs),
    seconds(figures.recoveredAfterEndMs)
  ]
  return `| ${cells.join(' | ')} |`
}

function errors(byCode: Record<string, number>): string {
  const counts = Object.entries(byCode)
  return counts.length === 0 ? '0' : counts.map(([code, count]) => `${count} ${code}`).join(', ')
}

function latencies({ p50, p99, max }: Latencies): string {
  return [p50, p99, max].map(ms => ms.toFixed(0)).join(' / ')
}

function seconds(ms: number | null): string {
  return ms === null ? 'not' : `${(ms / 1000).toFixed(1)} s`
}
