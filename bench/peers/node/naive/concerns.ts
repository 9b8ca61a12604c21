// What a production gateway does besides, by the stock plugins.
import { Code, ConnectError } from '@connectrpc/connect'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import { metrics } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { Circuit, SlidingCountBreaker } from 'mollitia'
import type { PeerSettings } from '../../../peer.ts'

/** Makes a call unless the circuit is open. */
export type ThroughCircuit = <Answer>(call: () => Promise<Answer>) => Promise<Answer>

/** What tells that an upstream is not well, and not that it was asked for the wrong thing. */
const failures = new Set([Code.Unknown, Code.DeadlineExceeded, Code.Internal, Code.Unavailable, Code.DataLoss])

export async function concerns(app: FastifyInstance, settings: PeerSettings): Promise<ThroughCircuit> {
  const { secret, issuer: allowedIss, audience: allowedAud } = settings.jwt
  await app.register(rateLimit, { max: 1_000_000, timeWindow: 1000 })
  await app.register(jwt, { secret, verify: { algorithms: ['HS256'], allowedIss, allowedAud } })
  app.addHook('onRequest', async (request, reply) => {
    // Some tokens that are none are a 500 of the plugin.
    await request.jwtVerify().catch(() => reply.code(401).send({ error: 'unauthenticated' }))
  })
  measureRequests(app)

  const breaker = new SlidingCountBreaker({
    failureRateThreshold: 60,
    openStateDelay: 10_000,
    permittedNumberOfCallsInHalfOpenState: 3,
    onError: error => failures.has(ConnectError.from(error).code)
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
