import { type Attributes, diag } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { ProtoWriter } from './proto-writer.ts'
import { writeAttributes, writeSpan } from './write-span.ts'

/**
 * Spans that are exported together. Each is encoded when it is added, so that nothing keeps it any longer: tens of
 * thousands of spans that wait as objects outlive several collections, of which each copies all of them.
 */
export class SpanBatch {
  readonly #resource: Resource
  readonly #byScope = new Map<InstrumentationScope, ProtoWriter>()
  #count = 0

  /** @param resource whose spans they are */
  constructor(resource: Resource) {
    this.#resource = resource
  }

  /** How many spans are in it. */
  get count(): number {
    return this.#count
  }

  /** @param span one that ended; with an attribute that is of no type that there may be, it is left out */
  add(span: ReadableSpan): void {
    const scope = span.instrumentationScope
    let writer = this.#byScope.get(scope)
    if (writer === undefined) {
      writer = new ProtoWriter()
      this.#byScope.set(scope, writer)
    }
    const before = writer.length
    try {
      writer.message(2, span, writeSpan, 2)
      this.#count += 1
    } catch (error) {
      // The request that it is about is not to fail for it, nor are the spans before it to be lost.
      writer.truncate(before)
      diag.error(`the span ${span.name} cannot be encoded`, error)
    }
  }

  /** Writes an `ExportTraceServiceRequest` with what was added, and starts anew. */
  moveTo(to: ProtoWriter): void {
    to.message(1, this, (to, batch) => batch.#writeResourceSpans(to), 3)
    this.#count = 0
  }

  #writeResourceSpans(to: ProtoWriter): void {
    to.message(1, this.#resource.attributes as Attributes, (to, attributes) => writeAttributes(to, 1, attributes), 2)
    for (const [scope, spans] of this.#byScope) {
      if (spans.length === 0) continue
      to.message(
        2,
        spans,
        (to, spans) => {
          to.message(1, scope, writeScope)
          to.move(spans)
        },
        3
      )
    }
  }
}

function writeScope(to: ProtoWriter, { name, version }: InstrumentationScope): void {
  to.string(1, name)
  if (version !== undefined) to.string(2, version)
}
