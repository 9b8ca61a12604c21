import { find, readText } from '../stack.ts'

/** Unit (UCUM) -> the word that the collector appends. */
const unitWords: Record<string, string> = { ms: 'milliseconds', s: 'seconds', By: 'bytes' }

/**
 * The Prometheus series behind every instrument that the code makes, by the rules of the collector's strategy
 * UnderscoreEscapingWithSuffixes (told in otel/collector.yaml).
 */
export function seriesInCode(): Set<string> {
  const series = new Set<string>()
  for (const file of find('*.ts', 'lib/**/*.ts', 'plugins/**/*.ts', 'backends/**/*.ts')) {
    const instruments = readText(file).matchAll(
      /\bcreate(?:Observable)?(Counter|UpDownCounter|Histogram|Gauge)(?:<[^>]*>)?\(\s*'([^']+)'(?:,\s*\{([^}]*(?:\{[^}]*\}[^}]*)*)\})?/g
    )
    for (const [, kind = '', name = '', options = ''] of instruments) {
      const unit = /\bunit: '([^']+)'/.exec(options)?.[1] ?? ''
      for (const each of seriesOf(kind, name, unit)) series.add(each)
    }
  }
  return series
}

function seriesOf(kind: string, name: string, unit: string): string[] {
  const word = unit === '1' ? (kind === 'Gauge' ? 'ratio' : '') : unit.startsWith('{') ? '' : (unitWords[unit] ?? unit)
  const full = [name.replaceAll('.', '_'), word].filter(Boolean).join('_')
  if (kind === 'Counter') return [`${full}_total`]
  if (kind === 'Histogram') return ['bucket', 'sum', 'count'].map(part => `${full}_${part}`)
  return [full]
}

/** Series that are not made by our code: Prometheus' own, and those of the collector. */
export const foreignSeries = new Set([
  'up',
  'target_info',
  'otelcol_exporter_queue_size',
  'otelcol_exporter_queue_capacity'
])

/** The names of the series that a PromQL expression reads. */
export function seriesIn(expression: string): string[] {
  const withoutLabels = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(by|without) \([^)]*\)/g, '')
    .replace(/\blabel_values\((.+), \w+\)/, '$1')
  return [...withoutLabels.matchAll(/(?<![\w$.])[a-z]\w*_\w+\b(?!\s*\()|\bup\b/g)].map(([name]) => name)
}
