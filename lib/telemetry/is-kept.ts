import { type Context, TraceFlags, trace } from '@opentelemetry/api'

/**
 * Whether a span that is a child of this would be kept by anybody. It is not when its parent is a span that is not sampled
 * and not recorded, as all are while nothing is exported: then it need not be made. Without a parent, the tracer decides.
 */
export function isKept(parent: Context): boolean {
  const span = trace.getSpan(parent)
  return span === undefined || span.isRecording() || (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
}
