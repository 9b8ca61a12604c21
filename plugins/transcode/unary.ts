import { toBinary } from '@bufbuild/protobuf'
import type { FastifyRequest, RouteHandlerMethod } from 'fastify'
import { passedFields } from '../../lib/http/passed-headers.ts'
import { compileAnswer } from './answer.ts'
import { bodyOf } from './bind-request.ts'
import { compileRepeatable } from './repeatable.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * Compiles the handler of a unary rpc: the request becomes one message, and the message of the answer one JSON text. Both
 * pass as bytes, but for a handler of the route's own, which works with messages.
 */
export function unaryHandler(parts: RouteParts): RouteHandlerMethod {
  const { method, bind, policy, upstream, handler } = parts
  const { hedgeAfterMs } = policy
  const repeatableOf = compileRepeatable(policy)
  const answer = compileAnswer(parts)

  return async function transcodeUnary(request: FastifyRequest, reply) {
    const bound = bind(request, bodyOf(request))
    if (handler !== null) {
      const message = await handler(bound.message() as never, request)
      return answer(reply, toBinary(method.output, message))
    }
    const { headers, message, trailers } = await upstream.wire.unary(method, bound.wire, {
      caller: request.caller,
      repeatable: repeatableOf(request),
      hedgeAfterMs
    })
    reply.headers(passedFields(headers, trailers))
    return answer(reply, message)
  }
}
