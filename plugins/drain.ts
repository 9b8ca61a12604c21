import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on the gateway is not ready, and ends each connection with its next answer. */
    drain(): void
    isDraining(): boolean
    /** Answers all requests that are still in flight with 503, as far as their answer has not begun. */
    cutOff(): void
  }
}

/**
 * The end of a gateway that clients do not notice: balancers learn from `/ready` that it leaves, connections end with an
 * answer and never with a request on its way, and what does not finish in time is told so.
 */
export async function drain(gateway: FastifyInstance) {
  const inFlight = new Set<FastifyReply>()
  let isDraining = false

  gateway.decorate('isDraining', () => isDraining)
  gateway.decorate('drain', function drain() {
    isDraining = true
  })
  gateway.decorate('cutOff', function cutOff() {
    for (const reply of inFlight) {
      if (reply.sent || reply.raw.headersSent) continue
      reply.header('connection', 'close').send(new RequestError('SLUICE_ERR_SHUTTING_DOWN'))
    }
  })

  // Streams are sent around `onSend`.
  gateway.addHook('onRequest', function followRequest(_request, reply, done) {
    inFlight.add(reply)
    if (isDraining) reply.header('connection', 'close')
    done()
  })

  // With the answer and not only the request: one that began before must not leave a connection that the listener waits for.
  gateway.addHook('onSend', function endConnection(_request, reply, _payload, done) {
    if (isDraining) reply.header('connection', 'close')
    done()
  })

  gateway.onCompleted((_request, reply) => inFlight.delete(reply))
}

export default fp(drain, {
  name: 'sluice-drain',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-errors']
})
