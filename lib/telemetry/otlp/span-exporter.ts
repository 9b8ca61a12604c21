import { diag } from '@opentelemetry/api'
import { withRetry } from '../../policies/retry.ts'
import { RetryBudget } from '../../policies/retry-budget.ts'
import { type Channel, createChannel } from '../../upstream/channel/channel.ts'
import { createWire, type Wire } from '../../upstream/grpc/wire.ts'
import type { ExporterSettings } from './exporter-settings.ts'
import { exportMethod, readResponse } from './trace-service.ts'

/** What collectors take is for them to say: most take 4 MiB. */
const writeMaxBytes = 2 ** 31 - 1

/**
 * Sends spans by OTLP/gRPC, over a channel as upstreams have. The SDK's exporter copies each batch twice, and what it keeps
 * of one keeps the next alive: full collections of all that piles up are dearer than to make and encode the spans.
 */
export class SpanExporter {
  readonly #settings: ExporterSettings
  readonly #channel: Channel
  readonly #wire: Wire

  /** @throws {StartError} SLUICE_ERR_OPTION_INVALID */
  constructor(settings: ExporterSettings) {
    const { target, tls = null, sendCompression = 'identity' } = settings
    this.#settings = settings
    this.#channel = createChannel({
      name: 'the collector',
      target,
      tls,
      sendCompression,
      writeMaxBytes,
      health: { mode: 'off' },
      outliers: null,
      // It is the operator who says where the collector is, and it may well be here.
      resolve: { allowLoopback: true }
    })
    this.#wire = createWire({
      send: this.#channel.send,
      policies: [withRetry({ budget: new RetryBudget() })],
      writeMaxBytes
    })
  }

  /**
   * Sends an `ExportTraceServiceRequest`, which is not looked at any more when this has settled.
   *
   * @param timeoutMs how long it may take at most; the settings may say less
   * @throws {ConnectError} when the collector does not take it
   */
  async export(request: Uint8Array, timeoutMs: number): Promise<void> {
    const { message } = await this.#wire.unary(exportMethod, request, {
      header: this.#settings.headers,
      timeoutMs: Math.min(timeoutMs, this.#settings.timeoutMs),
      // A span that comes twice has the same ids; one that does not come is lost.
      repeatable: 'safe'
    })
    const { partialSuccess } = readResponse(message)
    if (partialSuccess === undefined) return
    const { rejectedSpans, errorMessage } = partialSuccess
    diag.warn(`the collector took an export but for ${rejectedSpans} spans: ${errorMessage}`)
  }

  close(): void {
    this.#channel.close()
  }
}
