import { AsyncLocalStorage } from 'node:async_hooks'
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import {
  type Attributes,
  type Context,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace
} from '@opentelemetry/api'
import { withTrace } from '../../lib/policies/trace.ts'
import type { Policy } from '../../lib/upstream/grpc/call.ts'
import { reasonOf } from './service-error.ts'
import { hookStream } from './streams.ts'

const requestIdHeader = 'x-request-id'
const requestIds = new AsyncLocalStorage<string | null>()
const tracer = trace.getTracer('sluice.backends')

/** Codes that are the caller's doing or the caller's wish: they do not make a server span an error. */
const callerCodes: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.ResourceExhausted,
  Code.FailedPrecondition,
  Code.Aborted,
  Code.OutOfRange,
  Code.Unauthenticated
])

const headerGetter: TextMapGetter<Headers> = {
  get: (headers, key) => headers.get(key) ?? undefined,
  keys: headers => [...headers.keys()]
}

/** A server span `<package.Service>/<Method>` per call, child of the caller's by `traceparent`; keeps the request id. */
export function createServerTelemetryInterceptor(): Interceptor {
  return next => async request => {
    const parent = propagation.extract(ROOT_CONTEXT, request.header, headerGetter)
    const span = startRpcSpan(request.service.typeName, request.method.name, SpanKind.SERVER, parent)
    const active = trace.setSpan(parent, span)
    const requestId = request.header.get(requestIdHeader)
    const within = <Result>(work: () => Promise<Result>) => requestIds.run(requestId, () => context.with(active, work))
    return endWithResponse(span, callerCodes, within, () => next(request))
  }
}

/** A client span per call to another service, child of what is being done; the other service learns of it. */
export function traceCalls(target: string): Policy {
  const duration = metrics.getMeter('sluice.backends').createHistogram('rpc.client.duration', {
    description: 'Duration of calls to other services; of a stream, until its answer began.',
    unit: 'ms'
  })
  return withTrace({ tracer, duration, target, parentOf: () => context.active() })
}

/** The `x-request-id` of the call that is being served; null outside of one, or when it came without. */
export function currentRequestId(): string | null {
  return requestIds.getStore() ?? null
}

/**
 * Runs `work` inside a span that ends with it. A failure marks the span with the reason or the class of the error, never
 * with its message, which may hold what a trace must not.
 *
 * @param kind Default: internal.
 */
export async function inSpan<Result>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<Result>,
  kind: SpanKind = SpanKind.INTERNAL
): Promise<Result> {
  return tracer.startActiveSpan(name, { attributes, kind }, async span => {
    try {
      return await work(span)
    } catch (error) {
      markFailed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/**
 * Starts exporting spans and metrics by OTLP/gRPC when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise loads nothing. Call it
 * before anything asks for a meter: unlike tracers, meters do not find a provider that comes later.
 *
 * @param serviceName The resource's `service.name`.
 */
export async function startTelemetry(serviceName: string): Promise<{ shutdown(): Promise<void> }> {
  if (!process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return { shutdown: async () => {} }
  // The SDK takes its transport from the environment, and its own default is HTTP.
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL ||= 'grpc'
  process.env.OTEL_LOGS_EXPORTER ||= 'none'
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName })
  sdk.start()
  return {
    async shutdown() {
      // A collector that is away must not keep the process from ending well.
      await sdk.shutdown().catch(() => {})
    }
  }
}

function startRpcSpan(service: string, method: string, kind: SpanKind, parent: Context): Span {
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method }
  return tracer.startSpan(`${service}/${method}`, { kind, attributes }, parent)
}

type AnyResponse = Awaited<ReturnType<ReturnType<Interceptor>>>

async function endWithResponse(
  span: Span,
  expected: ReadonlySet<Code>,
  within: <Result>(work: () => Promise<Result>) => Promise<Result>,
  call: () => Promise<AnyResponse>
): Promise<AnyResponse> {
  function end(error?: unknown): void {
    const code = error === undefined ? null : ConnectError.from(error).code
    span.setAttribute('rpc.grpc.status_code', code ?? 0)
    if (code !== null) markFailed(span, error, expected.has(code))
    span.end()
  }

  try {
    const response = await within(call)
    if (response.stream) return hookStream(response, { pull: within, end })
    end()
    return response
  } catch (error) {
    end(error)
    throw error
  }
}

function markFailed(span: Span, error: unknown, expected = false): void {
  const type = reasonOf(error) ?? (error instanceof Error ? error.name : 'Error')
  span.setAttribute('error.type', type)
  if (!expected) span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
