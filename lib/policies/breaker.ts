import { ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { Circuit } from 'mollitia'
import { RequestError } from '../../errors.ts'
import { classify } from '../errors/outcome.ts'
import { isKept } from '../telemetry/is-kept.ts'
import type { Call, Policy, StreamAnswer } from '../upstream/grpc/call.ts'
import { type Admission, BreakerModule, type BreakerOptions, CircuitOpenError } from './breaker-module.ts'

export type UpstreamCircuit = ReturnType<typeof createUpstreamCircuit>

/** The circuit of one upstream. */
export function createUpstreamCircuit(name: string, options: Omit<BreakerOptions, 'classify'>) {
  const breaker = new BreakerModule({ ...options, classify })
  const func = (call: (admission: Admission) => Promise<unknown>, admission: Admission) => call(admission)
  const circuit = new Circuit({ name, func, options: { modules: [breaker] } })
  return { name, breaker, circuit }
}

/**
 * Calls through the circuit. A stream that began well proves that the upstream works, and one that breaks off that it does
 * not. Each call has a span `circuit_breaker.check`, child of the caller's, that ends when the call is let through or
 * refused.
 */
export function withBreaker({ name, breaker, circuit }: UpstreamCircuit, tracer: Tracer): Policy {
  const options = { attributes: Object.freeze({ 'circuit_breaker.name': name }) }

  function startSpan({ caller }: Call): Span | null {
    const parent = caller?.trace ?? ROOT_CONTEXT
    return isKept(parent) ? tracer.startSpan('circuit_breaker.check', options, parent) : null
  }

  return next => async call => {
    const span = startSpan(call)
    try {
      return await circuit.execute(async (admission: Admission) => {
        span?.setAttribute('circuit_breaker.state', breaker.state).end()
        const answer = await next(call)
        if (answer.stream) followAdmitted(answer, admission)
        return answer
      })
    } catch (error) {
      if (!(error instanceof CircuitOpenError)) throw error
      span?.setStatus({ code: SpanStatusCode.ERROR, message: 'CIRCUIT_OPEN' })
      span?.setAttribute('circuit_breaker.state', breaker.state).end()
      throw new RequestError('SLUICE_ERR_CIRCUIT_OPEN', { cause: error, retryAfterSeconds: error.retryAfterMs / 1000 })
    }
  }
}

function followAdmitted(answer: StreamAnswer, admission: Admission): void {
  admission.goOn()
  answer.onOver(error => admission.end(error === null ? 'success' : classify(error)))
}
