import { Code, type Interceptor } from '@connectrpc/connect'
import { ROOT_CONTEXT, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { Circuit } from 'mollitia'
import { RequestError } from '../../errors.ts'
import { codeOf } from '../errors/code.ts'
import { callerKey } from '../upstream/caller.ts'
import { BreakerModule, type BreakerOptions, CircuitOpenError, type Outcome } from './breaker-module.ts'

/** Codes that say that the upstream is ill. All others are answers to this one request. */
const failureCodes: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss
])

export type UpstreamCircuit = ReturnType<typeof createUpstreamCircuit>

/** The circuit of one upstream. */
export function createUpstreamCircuit(name: string, options: Omit<BreakerOptions, 'classify'>) {
  const breaker = new BreakerModule({ ...options, classify })
  const circuit = new Circuit({ name, func: (call: () => Promise<unknown>) => call(), options: { modules: [breaker] } })
  return { name, breaker, circuit }
}

/** What a failed call says about its upstream. */
export function classify(error: unknown): Outcome {
  const code = codeOf(error)
  if (code === Code.Canceled) return 'neutral'
  return failureCodes.has(code) ? 'failure' : 'success'
}

/**
 * Calls through the circuit. Each call has a span `circuit_breaker.check`, child of the caller's, that ends when the call
 * is let through or refused.
 */
export function breakCircuit({ name, breaker, circuit }: UpstreamCircuit, tracer: Tracer): Interceptor {
  return next => async request => {
    const parent = request.contextValues.get(callerKey)?.trace ?? ROOT_CONTEXT
    const span = tracer.startSpan('circuit_breaker.check', { attributes: { 'circuit_breaker.name': name } }, parent)
    try {
      return await circuit.execute(() => {
        span.setAttribute('circuit_breaker.state', breaker.state).end()
        return next(request)
      })
    } catch (error) {
      if (!(error instanceof CircuitOpenError)) throw error
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'CIRCUIT_OPEN' })
      span.setAttribute('circuit_breaker.state', breaker.state).end()
      throw new RequestError('SLUICE_ERR_CIRCUIT_OPEN', { cause: error, retryAfterSeconds: error.retryAfterMs / 1000 })
    }
  }
}
