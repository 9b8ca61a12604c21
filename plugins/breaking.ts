import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { createUpstreamCircuit, type UpstreamCircuit } from '../lib/policies/breaker.ts'
import type { BreakerOptions, BreakerState } from '../lib/policies/breaker-module.ts'

export { inCircuit } from './breaking/in-circuit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes the circuit of an upstream; each upstream has one. `inCircuit` makes calls through it. */
    createCircuit(name: string): UpstreamCircuit
  }
}

/** Defaults: at least 3 calls and 60 % failures in 60 s open a circuit, for 10 s; then 3 probes. */
export type BreakingOptions = Partial<Omit<BreakerOptions, 'classify'>>

/** What the gauge `circuit_breaker.state` says. */
const gaugeValues: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/**
 * One circuit per upstream: after too many failures its calls are refused at once, and probes find out when it is well
 * again. Counts what opens, shows each state, and logs each change.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function breaking(gateway: FastifyInstance, given: BreakingOptions) {
  const options = checkOptions(given)
  const circuits: UpstreamCircuit[] = []
  const opened = gateway.meter.createCounter('circuit_breaker.open.count', { description: 'Times a circuit opened.' })
  const states = gateway.meter.createObservableGauge('circuit_breaker.state', {
    description: '0 closed, 1 half-open, 2 open.'
  })
  states.addCallback(result => {
    for (const { name, breaker } of circuits) result.observe(gaugeValues[breaker.state], { name })
  })

  gateway.decorate('createCircuit', function createCircuit(name: string) {
    const upstream = createUpstreamCircuit(name, options)
    upstream.breaker.on('state-changed', (state: BreakerState) => {
      gateway.log.warn({ upstream: name, state }, 'circuit changed')
      if (state === 'open') opened.add(1, { name })
    })
    circuits.push(upstream)
    return upstream
  })

  gateway.addHook('onClose', async function disposeCircuits() {
    for (const { circuit } of circuits) circuit.dispose()
  })
}

function checkOptions(given: BreakingOptions) {
  const options = { windowMs: 60_000, minCalls: 3, failureRatio: 0.6, openMs: 10_000, probes: 3, ...given }
  const { windowMs, minCalls, failureRatio, openMs, maxOpenMs = 1, probes } = options
  if (!(windowMs > 0)) throw invalid('windowMs must be above 0')
  if (!(openMs > 0)) throw invalid('openMs must be above 0')
  if (!(maxOpenMs > 0)) throw invalid('maxOpenMs must be above 0')
  if (!(Number.isInteger(minCalls) && minCalls >= 1)) throw invalid('minCalls must be at least 1')
  if (!(Number.isInteger(probes) && probes >= 1)) throw invalid('probes must be at least 1')
  if (!(failureRatio > 0 && failureRatio <= 1)) throw invalid('failureRatio must be above 0 and up to 1')
  return options
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['breaking', problem])
}

export default fp(breaking, { name: 'sluice-breaking', fastify: '5.x', dependencies: ['sluice-metrics'] })
