import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { compilePick } from '../../lib/codec/pick.ts'
import { allowSilence } from '../../lib/http/long-lived.ts'
import { passedHeaders } from '../../lib/http/passed-headers.ts'
import { writePart } from '../../lib/http/write-part.ts'
import { type AnswerForm, jsonForm, rawForm } from '../../lib/stream/form.ts'
import { compileReadRawBody } from '../../lib/stream/http-body.ts'
import { negotiate } from '../../lib/stream/negotiate.ts'
import { type TickingMessages, withTicks } from '../../lib/stream/ticks.ts'
import { compileWriters } from '../../lib/stream/writer.ts'
import { wireOnBehalfOf } from '../../lib/upstream/caller.ts'
import { describeFailure } from '../errors.ts'
import { bodyOf } from './bind-request.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * How long the client of an event stream waits for the first event before it hears that the service has accepted it, in
 * milliseconds. Until then, an error still has its own status.
 */
const openAfterMs = 1_000

/**
 * Compiles the handler of an rpc that answers with a stream. Status and headers are decided by what comes first: a message,
 * the end, an error, or a silence that the form can express.
 */
export function serverStreamHandler(parts: RouteParts): RouteHandlerMethod {
  const { bind, policy, streams, keepAliveMs } = parts
  const formFor = compileForms(parts)
  const canResume = policy.eventStream !== null && policy.eventStream.resumeField !== ''

  return async function transcodeServerStream(request: FastifyRequest, reply: FastifyReply) {
    const form = formFor(request.headers.accept)
    const bound = bind(request, bodyOf(request))
    allowSilence(reply.raw)
    const cancel = new AbortController()
    const messages = withTicks(callUpstream(parts, request, reply, bound.wire, cancel.signal))
    const forget = streams.add(messages.stop)
    const silenceMs = form.keepAlive === null ? Number.POSITIVE_INFINITY : keepAliveMs
    try {
      let first = await messages.next(silenceMs)
      if (first.value === null) first = await messages.next(Math.min(openAfterMs, silenceMs))
      // An EventSource comes back whenever a stream ends, unless this answers it: it has seen all that there is.
      if (first.done && canResume && form.keepAlive !== null && 'last-event-id' in request.headers) {
        return await reply.code(204).send()
      }
      const headers = form.headers(first.value ?? undefined)
      reply.code(policy.successStatus).headers(headers).hijack()
      reply.raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>)
      if (request.method === 'HEAD') reply.raw.end()
      else await sendStream({ request, reply, form, first, messages, silenceMs })
    } finally {
      forget()
      cancel.abort()
    }
  }
}

/** The messages of the call; null, once, when the service has accepted it. */
async function* callUpstream(
  { method, channel }: RouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
  message: Uint8Array,
  signal: AbortSignal
): AsyncGenerator<Uint8Array | null> {
  const call = await wireOnBehalfOf(request.caller, channel.wire).stream(method, single(message), { signal })
  reply.headers(passedHeaders(call.header))
  yield null
  yield* call.messages
}

async function* single(message: Uint8Array): AsyncGenerator<Uint8Array> {
  yield message
}

/** Compiles the choice of what the answer looks like. */
function compileForms({ method, route, policy }: RouteParts): (accept: string | undefined) => AnswerForm {
  const readRawBody = compileReadRawBody(route.rule)
  if (readRawBody !== null) {
    const raw = rawForm(readRawBody)
    return () => raw
  }
  const { event = '', idField = '' } = policy.eventStream ?? {}
  const writers = compileWriters({ event })
  const pickId = idField === '' ? null : compilePick(method.output, idField)
  return accept => {
    const { form, mediaType } = negotiate(accept)
    return jsonForm(writers[form], mediaType, route.print, form === 'sse' ? pickId : null)
  }
}

interface Sending {
  request: FastifyRequest
  reply: FastifyReply
  form: AnswerForm
  first: IteratorResult<Uint8Array | null>
  messages: TickingMessages<Uint8Array | null>
  /** After how long a silence the connection is kept alive, in milliseconds. */
  silenceMs: number
}

/** Sends what comes first and all that follows, as fast as the client reads. Whatever goes wrong, the client can see it. */
async function sendStream({ request, reply, form, first, messages, silenceMs }: Sending): Promise<void> {
  let count = 0
  try {
    for (let next = first; !next.done; next = await messages.next(silenceMs)) {
      const part = next.value === null ? form.keepAlive : form.part(next.value, count++)
      if (part !== null && part.length > 0) await writePart(reply.raw, part)
    }
    const end = form.end(count)
    if (end === null) reply.raw.end()
    else reply.raw.end(end)
  } catch (error) {
    breakOff(error, request, reply, form)
  }
}

/** Tells about an error in an answer that has begun, and closes the connection. */
function breakOff(error: unknown, request: FastifyRequest, { raw }: FastifyReply, form: AnswerForm): void {
  const { body } = describeFailure(error, request)
  const { socket } = raw
  const last = form.error(body)
  // Without the last chunk of the answer, the client knows that it is not whole; what was sent before still arrives.
  if (last === null) socket?.destroySoon()
  else raw.end(last, () => socket?.destroySoon())
}
