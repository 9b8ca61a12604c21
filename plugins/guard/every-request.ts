import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toOriginForm } from '../../lib/http/guard/target.ts'

const kUnroutable = Symbol('sluice.unroutable')

declare module 'node:http' {
  interface IncomingMessage {
    /** Why Fastify's router could not take the target of the request. */
    [kUnroutable]?: Error
    /** The target as it was sent, where Fastify rewrites it. */
    originalUrl?: string
  }
}

/** A path that no template and no pattern has, but one of any path. */
const nowhere = '/\0'

/**
 * Options of Fastify that lead every request through the hooks. By itself, its router answers what it cannot decode, and
 * those who count, log and trace requests never hear of it.
 */
export const everyRequest = {
  rewriteUrl: (request: IncomingMessage): string => {
    if (request[kUnroutable] !== undefined) return nowhere
    const { url = '' } = request
    if (url.startsWith('/')) return url
    return url === '*' ? nowhere : (toOriginForm(url) ?? url)
  },
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const { server, raw } = request
    if (raw[kUnroutable] !== undefined) {
      reply.send(error)
      return
    }
    raw[kUnroutable] = error
    // Routed again, it is a new request of Fastify.
    raw.url = raw.originalUrl ?? raw.url
    server.routing(raw, reply.raw)
  }
}

/** Why the router could not take the request; undefined when it could. */
export function routingErrorOf(request: IncomingMessage): Error | undefined {
  return request[kUnroutable]
}
