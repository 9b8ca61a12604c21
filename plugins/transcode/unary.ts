import { type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { passedHeaders } from '../../lib/http/passed-headers.ts'
import { onBehalfOf } from '../../lib/upstream/caller.ts'
import { compileAnswer } from './answer.ts'
import { bodyOf } from './bind-request.ts'
import type { RouteParts } from './route-parts.ts'

/** Compiles the handler of a unary rpc: the request becomes one message, and the message of the answer one JSON text. */
export function unaryHandler(parts: RouteParts): RouteHandlerMethod {
  const { bind, handler } = parts
  const method = parts.method as DescMethodUnary
  const { transport } = parts.channel
  const answer = compileAnswer(parts)

  return async function transcodeUnary(request: FastifyRequest, reply: FastifyReply) {
    const bound = bind(request, bodyOf(request))
    if (handler !== null) {
      const message = await handler(bound.message() as never, request)
      return answer(reply, toBinary(method.output, message))
    }
    const call = onBehalfOf(request.caller, transport)
    const message = fromBinary(method.input, bound.wire)
    const response = await call.unary(method, undefined, undefined, undefined, message)
    reply.headers(passedHeaders(response.header, response.trailer))
    return answer(reply, toBinary(method.output, response.message))
  }
}
