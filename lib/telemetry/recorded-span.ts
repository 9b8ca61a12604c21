import {
  type Attributes,
  type AttributeValue,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { epochNow, hrTimeOf, msOf } from './time.ts'

/** What all spans of a tracer have in common. */
export interface SpanOrigin {
  readonly resource: Resource
  readonly scope: InstrumentationScope
  /** Gets a span that ended. */
  onEnd(span: RecordedSpan): void
}

export interface SpanInit {
  name: string
  kind: SpanKind
  context: SpanContext
  parent: SpanContext | undefined
  /** Not to be changed by anybody any more. Frozen ones are encoded once for all spans that have them. */
  attributes: Attributes | undefined
  startTime: TimeInput | undefined
  links: Link[] | undefined
}

const noAttributes: Attributes = Object.freeze({})
const nothing: never[] = []
const unset: SpanStatus = Object.freeze({ code: SpanStatusCode.UNSET })

/**
 * A span that is kept, as light as it can be: it makes no object before it has to, takes what it is given as it is, and
 * works its times out for whoever asks. Processors and exporters of the SDK take it for one of theirs.
 */
export class RecordedSpan implements Span, ReadableSpan {
  name: string
  status: SpanStatus = unset
  ended = false
  readonly kind: SpanKind
  readonly parentSpanContext?: SpanContext
  /** What it was given when it started. */
  readonly given: Attributes
  /** What was said of it since. */
  added: Attributes = noAttributes
  readonly startedMs: number
  endedMs = 0
  events: TimedEvent[] = nothing
  links: Link[]
  readonly droppedAttributesCount = 0
  readonly droppedEventsCount = 0
  readonly droppedLinksCount = 0
  /** By the clock of `performance`, which nobody corrects on the way. */
  readonly #begin = performance.now()
  readonly #context: SpanContext
  readonly #origin: SpanOrigin

  constructor(origin: SpanOrigin, { name, kind, context, parent, attributes, startTime, links }: SpanInit) {
    this.name = name
    this.kind = kind
    this.given = attributes ?? noAttributes
    this.startedMs = startTime === undefined ? epochNow() : msOf(startTime)
    this.links = links ?? nothing
    if (parent !== undefined) this.parentSpanContext = parent
    this.#context = context
    this.#origin = origin
  }

  get resource(): Resource {
    return this.#origin.resource
  }

  get instrumentationScope(): InstrumentationScope {
    return this.#origin.scope
  }

  get attributes(): Attributes {
    return { ...this.given, ...this.added }
  }

  get startTime(): HrTime {
    return hrTimeOf(this.startedMs)
  }

  get endTime(): HrTime {
    return hrTimeOf(this.endedMs)
  }

  get duration(): HrTime {
    return hrTimeOf(this.endedMs - this.startedMs)
  }

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return !this.ended
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.ended || key === '' || value === undefined || value === null) return this
    if (this.added === noAttributes) this.added = {}
    this.added[key] = value
    return this
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value as AttributeValue)
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this
    const isTime = Array.isArray(attributesOrTime) || attributesOrTime instanceof Date
    const at = isTime || typeof attributesOrTime === 'number' ? attributesOrTime : time
    const attributes = at === attributesOrTime ? {} : ((attributesOrTime ?? {}) as Attributes)
    const ms = at === undefined ? epochNow() : msOf(at as TimeInput)
    this.events = [...this.events, { name, attributes, time: hrTimeOf(ms), droppedAttributesCount: 0 }]
    return this
  }

  /** @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/ */
  recordException(exception: Exception, time?: TimeInput): void {
    const { name, message, stack } = typeof exception === 'string' ? { message: exception } : exception
    const facts = { 'exception.type': name, 'exception.message': message, 'exception.stacktrace': stack }
    this.addEvent('exception', Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)), time)
  }

  addLink(link: Link): this {
    return this.addLinks([link])
  }

  addLinks(links: Link[]): this {
    if (!this.ended) this.links = [...this.links, ...links]
    return this
  }

  /** Ok is the last word; anything replaces an error (the specification's "Set Status"). */
  setStatus(status: SpanStatus): this {
    const isLast = this.ended || this.status.code === SpanStatusCode.OK || status.code === SpanStatusCode.UNSET
    if (!isLast) this.status = status.code === SpanStatusCode.OK ? { code: status.code } : status
    return this
  }

  updateName(name: string): this {
    if (!this.ended) this.name = name
    return this
  }

  /** Ends it; once is enough. */
  end(time?: TimeInput): void {
    if (this.ended) return
    const endedMs = time === undefined ? this.startedMs + performance.now() - this.#begin : msOf(time)
    this.endedMs = Math.max(this.startedMs, endedMs)
    this.ended = true
    this.#origin.onEnd(this)
  }
}
