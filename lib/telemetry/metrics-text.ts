import type { PrometheusFormat } from './prometheus-text.ts'

type Render = (format: PrometheusFormat) => Promise<string>

/** Meters are those of the process, and so is what renders them. */
let render: Render | null = null

/** From now on, this renders the metrics of the process. */
export function provideMetricsText(by: Render): void {
  render = by
}

/** All metrics of the process as Prometheus reads them; null: none are collected. */
export async function metricsText(format: PrometheusFormat): Promise<string | null> {
  return render === null ? null : render(format)
}
