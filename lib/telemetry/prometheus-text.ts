import type { Attributes } from '@opentelemetry/api'
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { type Exemplar, exemplarsOf } from './exemplars.ts'

/** `text`: Prometheus' own, version 0.0.4. `openmetrics`: version 1.0.0, which has exemplars. */
export type PrometheusFormat = 'text' | 'openmetrics'

/** Units of UCUM as Prometheus spells them. */
const units: Readonly<Record<string, string>> = { ms: 'milliseconds', s: 'seconds', By: 'bytes' }

/**
 * Metrics as Prometheus reads them, under the names that the collector gives them: dots become underscores, the unit is
 * appended in words, a counter ends in `_total`. The resource is `target_info`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function prometheusText({ resource, scopeMetrics }: ResourceMetrics, format: PrometheusFormat): string {
  const metrics = scopeMetrics.flatMap(scope => scope.metrics)
  const target = resource.attributes as Attributes
  const families = [info(target, format), ...metrics.map(metric => family(metric, format))]
  return `${families.join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`
}

function info(resource: Attributes, format: PrometheusFormat): string {
  const [name, type] = format === 'openmetrics' ? ['target', 'info'] : ['target_info', 'gauge']
  return `# TYPE ${name} ${type}\n# HELP ${name} What is measured.\ntarget_info${labels(resource)} 1\n`
}

function family(metric: MetricData, format: PrometheusFormat): string {
  const { name, description } = metric.descriptor
  const isCounter = metric.dataPointType === DataPointType.SUM && metric.isMonotonic
  const base = withUnit(spelled(name), metric)
  const sample = isCounter ? `${base}_total` : base
  // OpenMetrics names a counter without its suffix.
  const title = format === 'openmetrics' ? base : sample
  const help = escaped(description).replaceAll('"', format === 'openmetrics' ? '\\"' : '"')
  const head = `# TYPE ${title} ${typeOf(metric)}\n# HELP ${title} ${help}\n`
  return `${head}${samples(metric, sample, format).join('')}`
}

function typeOf(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram'
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'counter' : 'gauge'
}

function samples(metric: MetricData, name: string, format: PrometheusFormat): string[] {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map(({ attributes, value: { buckets, count, sum = 0 } }) => {
        const exemplars = format === 'openmetrics' ? exemplarsOf(metric.descriptor.name, attributes) : []
        let cumulative = 0
        const lines = buckets.counts.map((inBucket, at) => {
          cumulative += inBucket
          const le = at < buckets.boundaries.length ? number(buckets.boundaries[at]!) : '+Inf'
          return `${name}_bucket${labels(attributes, { le })} ${cumulative}${exemplarText(exemplars[at])}\n`
        })
        return `${lines.join('')}${name}_sum${labels(attributes)} ${number(sum)}\n${name}_count${labels(attributes)} ${count}\n`
      })
    case DataPointType.SUM:
    case DataPointType.GAUGE:
      return metric.dataPoints.map(({ attributes, value }) => `${name}${labels(attributes)} ${number(value)}\n`)
    default:
      // Exponential histograms, which no instrument here asks for, have no text.
      return []
  }
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return ''
  const { traceId, spanId, value, atMs } = exemplar
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${number(value)} ${(atMs / 1000).toFixed(3)}`
}

/** The unit in words, unless the name says it already. `1` is a ratio, one in braces is an annotation. */
function withUnit(name: string, { descriptor: { unit }, dataPointType }: MetricData): string {
  const isRatio = unit === '1' && dataPointType === DataPointType.GAUGE
  const word = isRatio ? 'ratio' : units[unit]
  return word === undefined || name.endsWith(`_${word}`) ? name : `${name}_${word}`
}

function labels(attributes: Attributes, more: Attributes = {}): string {
  const all = [...Object.entries(attributes), ...Object.entries(more)].filter(([, value]) => value !== undefined)
  if (all.length === 0) return ''
  const text = (value: unknown) =>
    escaped(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '\\"')
  return `{${all.map(([key, value]) => `${spelled(key)}="${text(value)}"`).join(',')}}`
}

function spelled(name: string): string {
  const letters = name.replace(/[^a-zA-Z0-9_]+/g, '_')
  return /^[0-9]/.test(letters) ? `_${letters}` : letters
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
