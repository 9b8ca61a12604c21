import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { publicPolicy } from '../lib/policies/route-policy.ts'

export interface HealthOptions {
  /** How long the health of an upstream is waited for, in milliseconds. Default 2,000. */
  timeoutMs?: number
  /** How long an answer of the upstreams is told again, in milliseconds. Default 1,000. */
  cacheMs?: number
}

/** `not serving`: it says so itself. `unreachable`: it says nothing. */
type UpstreamHealth = 'serving' | 'not serving' | 'unreachable'

/** By the name of the upstream. */
type Report = Record<string, UpstreamHealth>

/**
 * `GET /health`: the process lives. `GET /ready`: it can do work. One upstream that is down does not make the gateway
 * useless, so that is told and stays 200; it is 503 while it drains or sheds load, or when there are upstreams and none serves.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function health(gateway: FastifyInstance, { timeoutMs = 2_000, cacheMs = 1_000 }: HealthOptions) {
  if (!(timeoutMs > 0)) throw invalid('timeoutMs must be above 0')
  if (!(cacheMs >= 0)) throw invalid('cacheMs must not be below 0')
  const readReport = shareFor(cacheMs, () => askUpstreams(gateway, timeoutMs))
  // These must answer when nothing else does, and cost nobody a token.
  const config = { policy: publicPolicy, limiting: false, pressureHandler: () => {} } as const

  gateway.get('/health', { config }, async () => ({ status: 'ok' }))

  gateway.get('/ready', { config }, async (_request, reply) => {
    const report = await readReport()
    const isDraining = gateway.isDraining()
    const serves = Object.values(report).includes('serving') || !gateway.hasDecorator('upstreams')
    const isShedding = gateway.hasDecorator('isShedding') && gateway.isShedding()
    const status = isDraining ? 'draining' : isShedding ? 'overloaded' : serves ? 'ready' : 'not ready'
    reply.code(status === 'ready' ? 200 : 503)
    return { status, upstreams: report }
  })
}

async function askUpstreams(gateway: FastifyInstance, timeoutMs: number): Promise<Report> {
  const upstreams = gateway.hasDecorator('upstreams') ? Object.entries(gateway.upstreams) : []
  const answers = upstreams.map(async ([name, upstream]): Promise<[string, UpstreamHealth]> => {
    try {
      return [name, (await upstream.isServing(timeoutMs)) ? 'serving' : 'not serving']
    } catch {
      return [name, 'unreachable']
    }
  })
  return Object.fromEntries(await Promise.all(answers))
}

/** Probes come from many places at once; upstreams hear one question. */
function shareFor<Value>(ms: number, ask: () => Promise<Value>): () => Promise<Value> {
  let answer: Promise<Value> | null = null
  let askedAt = 0
  return () => {
    const now = performance.now()
    if (answer === null || now - askedAt >= ms) {
      askedAt = now
      answer = ask()
    }
    return answer
  }
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['health', problem])
}

export default fp(health, { name: 'sluice-health', fastify: '5.x', dependencies: ['sluice-drain'] })
