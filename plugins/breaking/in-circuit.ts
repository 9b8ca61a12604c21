import { SpanStatusCode } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import { RequestError } from '../../errors.ts'
import type { UpstreamCircuit } from '../../lib/policies/breaker.ts'
import { type Admission, CircuitOpenError } from '../../lib/policies/breaker-module.ts'

/**
 * Makes a call when the circuit lets it. It has a span `circuit_breaker.check`, which ends when it is let through or refused.
 *
 * @throws {RequestError} SLUICE_ERR_CIRCUIT_OPEN, or what the call throws
 */
export async function inCircuit<Result>(
  { name, breaker, circuit }: UpstreamCircuit,
  request: FastifyRequest,
  call: (admission: Admission) => Promise<Result>
): Promise<Result> {
  const span = request.startSpan('circuit_breaker.check', { 'circuit_breaker.name': name })
  try {
    return (await circuit.execute((admission: Admission) => {
      span.setAttribute('circuit_breaker.state', breaker.state).end()
      return call(admission)
    })) as Result
  } catch (error) {
    if (!(error instanceof CircuitOpenError)) throw error
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'CIRCUIT_OPEN' })
    span.setAttribute('circuit_breaker.state', breaker.state).end()
    throw new RequestError('SLUICE_ERR_CIRCUIT_OPEN', { cause: error, retryAfterSeconds: error.retryAfterMs / 1000 })
  }
}
