import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { statusOf } from '../lib/http/observed.ts'

/** @param status what the client got; 499 when it went away before it got anything. */
export type CompletionListener = (request: FastifyRequest, reply: FastifyReply, status: number) => void

declare module 'fastify' {
  interface FastifyInstance {
    /** Calls `listener` once for every request, when it is over. For plugins, while they are registered. */
    onCompleted(listener: CompletionListener): void
  }
}

/**
 * Tells when a request is over, also when its client went away: Fastify's onResponse hooks wait for the answer to be
 * written, which then never happens.
 */
export async function completion(gateway: FastifyInstance) {
  const listeners: CompletionListener[] = []

  gateway.decorate('onCompleted', function onCompleted(listener: CompletionListener) {
    listeners.push(listener)
  })

  // Asked for once, the address of a client is known for as long as its requests are, also when the connection is gone.
  gateway.server.on('connection', socket => void socket.remoteAddress)

  gateway.addHook('onRequest', function watchResponse(request, reply, done) {
    reply.raw.once('close', () => {
      const status = statusOf(reply)
      for (const listener of listeners) listener(request, reply, status)
    })
    done()
  })
}

export default fp(completion, { name: 'sluice-completion', fastify: '5.x', dependencies: [] })
