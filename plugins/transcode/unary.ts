import { toBinary } from '@bufbuild/protobuf'
import type { FastifyRequest, RouteHandlerMethod } from 'fastify'
import { passedHeaders } from '../../lib/http/passed-headers.ts'
import { wireOnBehalfOf } from '../../lib/upstream/caller.ts'
import { compileAnswer } from './answer.ts'
import { bodyOf } from './bind-request.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * Compiles the handler of a unary rpc: the request becomes one message, and the message of the answer one JSON text. Both
 * pass as bytes, but for a handler of the route's own, which works with messages.
 */
export function unaryHandler(parts: RouteParts): RouteHandlerMethod {
  const { method, bind, channel, handler } = parts
  const answer = compileAnswer(parts)

  return async function transcodeUnary(request: FastifyRequest, reply) {
    const bound = bind(request, bodyOf(request))
    if (handler !== null) {
      const message = await handler(bound.message() as never, request)
      return answer(reply, toBinary(method.output, message))
    }
    const upstream = wireOnBehalfOf(request.caller, channel.wire)
    const { header, message, trailer } = await upstream.unary(method, bound.wire)
    reply.headers(passedHeaders(header, trailer))
    return answer(reply, message)
  }
}
