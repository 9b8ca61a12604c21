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

  interface FastifyReply {
    [kPlace]: number
  }
}

/** Where a reply stands among those in flight. */
const kPlace = Symbol('sluice.place')
const nowhere = -1

/**
 * The end of a gateway that clients do not notice: balancers learn from `/ready` that it leaves, connections end with an
 * answer and never with a request on its way, and what does not finish in time is told so.
 */
export async function drain(gateway: FastifyInstance) {
  const inFlight = new InFlight()
  let isDraining = false

  gateway.decorateReply(kPlace, nowhere)
  gateway.decorate('isDraining', () => isDraining)
  gateway.decorate('drain', function drain() {
    isDraining = true
  })
  gateway.decorate('cutOff', function cutOff() {
    for (const reply of inFlight.all()) {
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

/**
 * An array in no order, and not a Set: that makes a new table after every few changes, old tables point to new ones, and
 * once one has outlived a collection, all after it do, with the requests that were in them. Measured, that cost a fifth of
 * the gateway's time.
 */
class InFlight {
  readonly #replies: FastifyReply[] = []

  /** As of now: it may be changed meanwhile. */
  all(): FastifyReply[] {
    return this.#replies.slice()
  }

  add(reply: FastifyReply): void {
    reply[kPlace] = this.#replies.push(reply) - 1
  }

  /** The last takes its place. One that was refused before it was added is nowhere. */
  delete(reply: FastifyReply): void {
    const place = reply[kPlace]
    if (place === nowhere) return
    const last = this.#replies.pop()!
    if (last === reply) return
    this.#replies[place] = last
    last[kPlace] = place
  }
}

export default fp(drain, {
  name: 'sluice-drain',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-errors']
})
