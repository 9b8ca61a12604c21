import { Code, type Interceptor, type StreamResponse } from '@connectrpc/connect'
import { ROOT_CONTEXT, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { Circuit } from 'mollitia'
import { RequestError } from '../../errors.ts'
import { codeOf, requestErrorOf } from '../errors/code.ts'
import { callerKey } from '../upstream/caller.ts'
import { type Admission, BreakerModule, type BreakerOptions, CircuitOpenError, type Outcome } from './breaker-module.ts'
import { followStream } from './follow-stream.ts'

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
  const func = (call: (admission: Admission) => Promise<unknown>, admission: Admission) => call(admission)
  const circuit = new Circuit({ name, func, options: { modules: [breaker] } })
  return { name, breaker, circuit }
}

/** What a failed call says about its upstream; nothing, when the client went away or sent what cannot be sent on. */
export function classify(error: unknown): Outcome {
  const code = codeOf(error)
  const own = requestErrorOf(error)
  if (code === Code.Canceled || (own !== null && own.definition.status < 500)) return 'neutral'
  return failureCodes.has(code) ? 'failure' : 'success'
}

/**
 * Calls through the circuit. A stream that began well proves that the upstream works, and one that breaks off that it does
 * not. Each call has a span `circuit_breaker.check`, child of the caller's, that ends when the call
 * is let through or refused.
 */
export function breakCircuit({ name, breaker, circuit }: UpstreamCircuit, tracer: Tracer): Interceptor {
  return next => async request => {
    const parent = request.contextValues.get(callerKey)?.trace ?? ROOT_CONTEXT
    const span = tracer.startSpan('circuit_breaker.check', { attributes: { 'circuit_breaker.name': name } }, parent)
    try {
      return await circuit.execute(async (admission: Admission) => {
        span.setAttribute('circuit_breaker.state', breaker.state).end()
        const response = await next(request)
        return response.stream ? followAdmitted(response, request.signal, admission) : response
      })
    } catch (error) {
      if (!(error instanceof CircuitOpenError)) throw error
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'CIRCUIT_OPEN' })
      span.setAttribute('circuit_breaker.state', breaker.state).end()
      throw new RequestError('SLUICE_ERR_CIRCUIT_OPEN', { cause: error, retryAfterSeconds: error.retryAfterMs / 1000 })
    }
  }
}

function followAdmitted(response: StreamResponse, signal: AbortSignal, admission: Admission): StreamResponse {
  admission.goOn()
  return followStream(response, signal, {
    succeeded: () => admission.end('success'),
    failed: error => admission.end(classify(error))
  })
}
