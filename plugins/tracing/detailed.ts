import { context, INVALID_SPAN_CONTEXT, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { StartError } from '../../errors.ts'

/** What @fastify/otel marks its own span of a request with. */
const rootAttribute = 'fastify.root'

/**
 * A span for each hook and handler that is added from now on, below the server span of its request, by @fastify/otel. That
 * finds its parent in async storage: whoever provides tracers provides a context manager too.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID when the package is not installed
 */
export async function addDetailedSpans(gateway: FastifyInstance): Promise<void> {
  const { FastifyOtelInstrumentation } = await loadInstrumentation()
  const instrumentation = new FastifyOtelInstrumentation({ recordExceptions: false })
  instrumentation.setTracerProvider(withoutRequestSpans(trace.getTracer('@fastify/otel')))
  gateway.addHook('onRequest', function enterTrace(request, _reply, done) {
    context.with(request.trace, done)
  })
  await gateway.register(instrumentation.plugin())
}

async function loadInstrumentation() {
  try {
    const { default: otel } = await import('@fastify/otel')
    return otel
  } catch (cause) {
    const problem = 'detailed spans are made by the package @fastify/otel, which cannot be loaded: is it installed?'
    throw new StartError('SLUICE_ERR_OPTION_INVALID', ['tracing', problem], { cause })
  }
}

/** Its span of a request is left out: there is the server span, and this one says the path and the query as they were sent. */
function withoutRequestSpans(tracer: Tracer): TracerProvider {
  const children: Tracer = {
    startSpan(name, options = {}, parent = context.active()) {
      if (options.attributes?.[rootAttribute] === undefined) return tracer.startSpan(name, options, parent)
      return trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT)
    },
    startActiveSpan: tracer.startActiveSpan.bind(tracer)
  }
  return { getTracer: () => children }
}
