import { whereAndWhen, writeFigures as writeBetweenMarks } from '../write-figures.ts'
import type { Figures, Latencies } from './figures.ts'

export interface Found {
  name: string
  figures: Figures
}

const head = [
  '| fault | calls | failed, may be repeated | failed, others | attempts per call | before | during | after | calm after fault | calm after its end |',
  '|---|---|---|---|---|---|---|---|---|---|'
]

/** Puts the figures into the page about them. */
export async function writeFigures(found: readonly Found[], callsPerSecond: number): Promise<void> {
  const text = [
    `\`make faults\`, ${whereAndWhen()}; ${callsPerSecond} calls a second, each answered after`,
    '20 ms. Every second one may be repeated. Latencies are p50 / p99 / highest in milliseconds, of calls that failed too.'
  ].join('\n')
  await writeBetweenMarks('resilience.md', `${text}\n\n${printFigures(found)}`)
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
