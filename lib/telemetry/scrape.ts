import { MetricReader } from '@opentelemetry/sdk-metrics'
import { type PrometheusFormat, prometheusText } from './prometheus-text.ts'

/** Reads metrics when somebody asks, and not before. */
export class ScrapeReader extends MetricReader {
  /** All metrics, as they are now. */
  async text(format: PrometheusFormat): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return prometheusText(resourceMetrics, format)
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}
