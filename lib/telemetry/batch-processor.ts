import { diag } from '@opentelemetry/api'
import { globalErrorHandler } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { ProtoWriter } from './otlp/proto-writer.ts'
import { SpanBatch } from './otlp/span-batch.ts'
import type { SpanExporter } from './otlp/span-exporter.ts'

/** @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor */
export interface BatchOptions {
  /** Whose spans they are. */
  resource: Resource
  exporter: Pick<SpanExporter, 'export' | 'close'>
  /** How many spans go at once, at most. */
  batchSize: number
  /** How many may wait, those that are being sent apart; what comes above is dropped. */
  queueSize: number
  /** How long a span waits for others at most, in milliseconds. */
  delayMs: number
  /** How long an export may take, in milliseconds. */
  timeoutMs: number
}

/** A batch that gets no more spans. */
interface FullBatch {
  request: ProtoWriter
  count: number
}

/**
 * Exports spans in batches, as the SDK's own does: one after the other, when there are enough or when they have waited long
 * enough. Unlike there, spans wait in the form that they are sent in.
 */
export class BatchProcessor implements SpanProcessor {
  readonly #options: BatchOptions
  readonly #open: SpanBatch
  readonly #full: FullBatch[] = []
  /** For the next batches. Buffers of such a size, made anew each time, are freed by full collections alone. */
  readonly #spare: ProtoWriter[] = []
  /** How many spans are in those that are full. */
  #waiting = 0
  #dropped = 0
  #isExporting = false
  /** Whether the resource knows all of itself: it may have to ask the system, and is told with the first batch already. */
  #isReady: boolean
  #timer: NodeJS.Timeout | null = null
  #stopped: Promise<void> | null = null

  constructor(options: BatchOptions) {
    this.#options = options
    this.#open = new SpanBatch(options.resource)
    this.#isReady = !options.resource.asyncAttributesPending
    if (!this.#isReady) void this.#settle()
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#stopped !== null) return
    const { batchSize, queueSize, delayMs } = this.#options
    if (this.#waiting + this.#open.count >= queueSize) {
      this.#dropped += 1
      return
    }
    this.#tellOfDropped()
    this.#open.add(span)
    if (this.#open.count >= batchSize && this.#isReady) this.#close()
    else this.#timer ??= setTimeout(() => this.#close(), delayMs).unref()
  }

  /** Exports all there is; how that ends is told to the SDK's error handler. */
  async forceFlush(): Promise<void> {
    await this.#settle()
    this.#closeBatch()
    const batches = this.#full.splice(0)
    this.#waiting = 0
    await Promise.all(batches.map(batch => this.#export(batch)))
  }

  shutdown(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    // Nothing else may keep the process running until the last spans have left.
    const running = setInterval(() => {}, this.#options.timeoutMs)
    await this.forceFlush()
    clearInterval(running)
    this.#options.exporter.close()
  }

  async #settle(): Promise<void> {
    await this.#options.resource.waitForAsyncAttributes?.()
    this.#isReady = true
  }

  #close(): void {
    this.#closeBatch()
    if (!this.#isExporting) void this.#exportAll()
  }

  #closeBatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const { count } = this.#open
    if (count === 0) return
    const request = this.#spare.pop() ?? new ProtoWriter()
    this.#open.moveTo(request)
    this.#waiting += count
    this.#full.push({ request, count })
  }

  async #exportAll(): Promise<void> {
    this.#isExporting = true
    for (let batch = this.#full.shift(); batch !== undefined; batch = this.#full.shift()) {
      this.#waiting -= batch.count
      await this.#export(batch)
    }
    this.#isExporting = false
  }

  async #export({ request }: FullBatch): Promise<void> {
    const { exporter, timeoutMs } = this.#options
    try {
      await exporter.export(request.written, timeoutMs)
    } catch (error) {
      globalErrorHandler(error as Error)
    }
    request.truncate(0)
    this.#spare.push(request)
  }

  #tellOfDropped(): void {
    if (this.#dropped === 0) return
    diag.warn(`${this.#dropped} spans were dropped, since too many waited`)
    this.#dropped = 0
  }
}
