import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { createUpstreamCircuit, type UpstreamCircuit } from '../lib/policies/breaker.ts'
import type { BreakerOptions, BreakerState } from '../lib/policies/breaker-module.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes the circuit of an upstream; each upstream has one. */
    createCircuit(name: string): UpstreamCircuit
  }
}

export type BreakingOptions = Omit<BreakerOptions, 'classify'>

/** What the gauge `circuit_breaker.state` says. */
const gaugeValues: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/**
 * One circuit per upstream: after too many failures its calls are refused at once, and probes find out when it is well
 * again. Counts what opens, shows each state, and logs each change.
 */
export async function breaking(gateway: FastifyInstance, options: BreakingOptions) {
  checkOptions(options)
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

function checkOptions({ windowMs, minCalls, failureRatio, openMs, maxOpenMs = 1, probes }: BreakingOptions): void {
  if (!(windowMs > 0)) throw invalid('windowMs must be above 0')
  if (!(openMs > 0)) throw invalid('openMs must be above 0')
  if (!(maxOpenMs > 0)) throw invalid('maxOpenMs must be above 0')
  if (!(Number.isInteger(minCalls) && minCalls >= 1)) throw invalid('minCalls must be at least 1')
  if (!(Number.isInteger(probes) && probes >= 1)) throw invalid('probes must be at least 1')
  if (!(failureRatio > 0 && failureRatio <= 1)) throw invalid('failureRatio must be above 0 and up to 1')
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['breaking', problem])
}

export default fp(breaking, { name: 'sluice-breaking', fastify: '5.x', dependencies: ['sluice-metrics'] })
