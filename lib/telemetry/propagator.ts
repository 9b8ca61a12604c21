import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'

/**
 * Carries trace context and baggage over HTTP by the W3C's headers. Not the global one: that is there only while
 * telemetry is exported, and a trace goes through the gateway in any case.
 */
export const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
})
