import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { RequestError } from '../../errors.ts'
import { allowLongUpload, allowSilence, lingerAfter } from '../../lib/http/long-lived.ts'
import { passedFields } from '../../lib/http/passed-headers.ts'
import { requestChunks } from '../../lib/http/request-chunks.ts'
import { rawBodyToWire, takesRawBody } from '../../lib/stream/http-body.ts'
import { atMessage, splitBody, splitterFor } from '../../lib/stream/split.ts'
import type { StreamedMessage } from '../../lib/stream/splitter.ts'
import { BindError } from '../../lib/transcode/errors.ts'
import type { StreamAnswer } from '../../lib/upstream/grpc/call.ts'
import { compileAnswer } from './answer.ts'
import { bodyOf } from './bind-request.ts'
import type { RouteParts } from './route-parts.ts'

/** The wire bytes of the messages that a request is made of, as they arrive. Throws what is wrong with them. */
type ReadMessages = (request: FastifyRequest) => AsyncGenerator<Uint8Array>

/** The most of an upload that becomes one message, in bytes. */
const uploadPartBytes = 64 * 1024

/**
 * Compiles the handler of an rpc that takes a stream: each message of the body goes to the service as soon as it is read,
 * and the body is read as fast as the service takes it.
 */
export function clientStreamHandler(parts: RouteParts): RouteHandlerMethod {
  const { method } = parts
  const { wire } = parts.upstream
  const read = compileRead(parts)
  const answer = compileAnswer(parts)

  return async function transcodeClientStream(request: FastifyRequest, reply: FastifyReply) {
    const refusal = new AbortController()
    const { signal } = refusal
    allowSilence(reply.raw)
    // The service may answer, or the client be refused, before all has been read.
    lingerAfter(request.raw, reply.raw)
    const endUpload = allowLongUpload(request.raw, error => refusal.abort(error))
    const messages = read(request)
    try {
      // A request that is wrong from the start is no call.
      const first = await Promise.race([messages.next(), aborted(signal)])
      const { caller } = request
      const call = await wire.stream(method, watch(first, messages, refusal), { caller, signal })
      const message = await onlyMessage(call)
      reply.headers(passedFields(call.headers, call.trailers))
      return answer(reply, message)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      endUpload()
      void messages.return(undefined)
    }
  }
}

/** Rejects when the signal is aborted, with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/** The messages of a request; what is wrong with one of them cancels the call. */
async function* watch(
  first: IteratorResult<Uint8Array>,
  messages: AsyncGenerator<Uint8Array>,
  refusal: AbortController
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await messages.next()) yield next.value
  } catch (error) {
    refusal.abort(error)
    throw error
  }
}

/** The one message that such an rpc answers with, once it is known that all went well. */
async function onlyMessage({ messages }: StreamAnswer): Promise<Uint8Array> {
  let answer: Uint8Array | null = null
  for await (const message of messages) answer = message
  if (answer === null) throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID')
  return answer
}

/** Compiles how a request becomes messages. A rule without a body makes one, of the path and the query. */
function compileRead(parts: RouteParts): ReadMessages {
  const { rule } = parts.route
  if (takesRawBody(rule)) return request => rawMessages(request, parts)
  if (rule.body !== '') return request => jsonMessages(request, parts)
  return async function* (request) {
    yield parts.bind(request, bodyOf(request)).wire
  }
}

/** The messages of a JSON body. Path, query and token say of each what they say of one. */
async function* jsonMessages(request: FastifyRequest, { bind, bodyLimit }: RouteParts): AsyncGenerator<Uint8Array> {
  const { body } = request
  if (!(body instanceof Readable)) return
  const splitter = splitterFor(request.headers['content-type'] ?? '', bodyLimit)
  for await (const message of splitBody(requestChunks(body), splitter)) yield bindMessage(message)

  function bindMessage(message: StreamedMessage): Uint8Array {
    try {
      return bind(request, message.json).wire
    } catch (error) {
      throw error instanceof BindError ? atMessage(error, message) : error
    }
  }
}

/** The parts of an upload, each with its content type. An empty upload is one part, so that the service hears of it. */
async function* rawMessages(request: FastifyRequest, { bind }: RouteParts): AsyncGenerator<Uint8Array> {
  const { body } = request
  const contentType = request.headers['content-type'] ?? ''
  let isEmpty = true
  for await (const chunk of body instanceof Readable ? requestChunks(body) : []) {
    for (let at = 0; at < chunk.length; at += uploadPartBytes) {
      const part = chunk.subarray(at, at + uploadPartBytes)
      yield bind(request, rawBodyToWire(contentType, part)).wire
      isEmpty = false
    }
  }
  if (isEmpty) yield bind(request, rawBodyToWire(contentType, new Uint8Array(0))).wire
}
