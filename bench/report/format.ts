// How figures and tables are printed.
import type { Spread } from '../suite.ts'

/** How far the rounds may be apart, as a ratio, before a figure is marked. */
export const noisySpread = 1.5

/** What the rows of the project itself are called; they stand out. */
const ours = 'Sluice'

/** Behind what is noisy. */
const mark = '\\*'

/** Of three digits or more. */
export function number(value: number): string {
  const size = Math.abs(value)
  const digits = size < 10 ? 2 : size < 100 ? 1 : 0
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** `32.4 (31.2–44.7)`; what was measured once is told alone. */
export function spread(figure: Spread): string {
  const { median, min, max } = figure
  if (min === max) return number(median)
  return `${number(median)} (${number(min)}–${number(max)})${markOf(figure)}`
}

/** `32.4`. */
export function median(figure: Spread): string {
  return `${number(figure.median)}${markOf(figure)}`
}

function markOf({ min, max }: Spread): string {
  return max > noisySpread * min ? mark : ''
}

/**
 * A Markdown table, whose columns line up in the source too. The first cell of each row names it.
 *
 * @param align of all columns but the first
 */
export function grid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'left' | 'right' = 'right'
): string {
  const lines = [head, ...rows.map(emphasize)]
  const widths = head.map((_, column) => Math.max(3, ...lines.map(cells => cells[column]!.length)))
  const isLeft = (column: number) => column === 0 || align === 'left'
  const ruler = widths.map((width, column) => (isLeft(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const padded = [head, ruler, ...lines.slice(1)].map(cells =>
    cells.map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
  )
  return padded.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function emphasize(cells: readonly string[]): readonly string[] {
  return cells[0] === ours ? cells.map(cell => (cell === '' ? cell : `**${cell}**`)) : cells
}
