// What a production gateway does besides, by the stock plugins.
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import { metrics } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { BreakerState, Circuit, SlidingTimeBreaker } from 'mollitia'
import type { PeerSettings } from '../../../peer.ts'

/** Makes a call unless the circuit is open. */
export type ThroughCircuit = <Answer>(call: () => Promise<Answer>) => Promise<Answer>

export async function concerns(app: FastifyInstance, settings: PeerSettings): Promise<ThroughCircuit> {
  const { secret, issuer: allowedIss, audience: allowedAud } = settings.jwt
  await app.register(rateLimit, { max: 1_000_000, timeWindow: 1000 })
  await app.register(jwt, { secret, verify: { algorithms: ['HS256'], allowedIss, allowedAud } })
  app.addHook('onRequest', async (request, reply) => {
    await request.jwtVerify().catch(() => reply.code(401).send({ error: 'UNAUTHENTICATED' }))
  })
  measureRequests(app)

  const breaker = new SlidingTimeBreaker({
    state: BreakerState.CLOSED,
    slidingWindowSize: 60_000,
    minimumNumberOfCalls: 3,
    failureRateThreshold: 60,
    openStateDelay: 10_000,
    permittedNumberOfCallsInHalfOpenState: 3
  })
  const circuit = new Circuit({ options: { modules: [breaker] } })
  return call => circuit.fn(call).execute()
}

function measureRequests(app: FastifyInstance): void {
  const meter = metrics.getMeter('naive')
  const requests = meter.createCounter('http.server.requests')
  const duration = meter.createHistogram('http.server.duration', { unit: 'ms' })
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const attributes = {
      'http.method': method,
      'http.route': routeOptions.url ?? '',
      'http.status_code': reply.statusCode
    }
    requests.add(1, attributes)
    duration.record(reply.elapsedTime, attributes)
  })
}
