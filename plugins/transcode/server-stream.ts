import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { compilePick } from '../../lib/codec/pick.ts'
import { allowSilence } from '../../lib/http/long-lived.ts'
import { passedFields } from '../../lib/http/passed-headers.ts'
import { writePart } from '../../lib/http/write-part.ts'
import { type AnswerForm, jsonForm, rawForm } from '../../lib/stream/form.ts'
import { compileReadRawBody } from '../../lib/stream/http-body.ts'
import { negotiate } from '../../lib/stream/negotiate.ts'
import { type TickingMessages, withTicks } from '../../lib/stream/ticks.ts'
import { compileWriters } from '../../lib/stream/writer.ts'
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
    const forget = form.isLive ? streams.add(messages.stop) : null
    const silenceMs = form.keepAlive === null ? Number.POSITIVE_INFINITY : keepAliveMs
    try {
      let first = await messages.next(silenceMs)
      if (first.value === null) first = await messages.next(Math.min(openAfterMs, silenceMs))
      // An EventSource comes back whenever a stream ends, unless this answers it: it has seen all that there is.
      if (first.done && canResume && form.keepAlive !== null && request.headers['last-event-id']) {
        return await reply.code(204).send()
      }
      const headers = form.headers(first.value ?? undefined)
      const part = first.done ? null : partOf(form, first.value)
      reply.code(policy.successStatus).headers(headers)
      // An error within the stream ends the connection, on which a client must not have begun anything else.
      if (form.isLive) reply.header('connection', 'close')
      reply.hijack()
      reply.raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>)
      if (part === null || request.method === 'HEAD') endAnswer(reply.raw, form.end(), streams.isClosing)
      else await sendStream({ request, reply, form, part, messages, silenceMs, streams })
    } finally {
      forget?.()
      cancel.abort()
    }
  }
}

/** The messages of the call; null, once, when the service has accepted it. */
async function* callUpstream(
  { method, upstream, policy }: RouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
  message: Uint8Array,
  signal: AbortSignal
): AsyncGenerator<Uint8Array | null> {
  const repeatable = policy.idempotent ? 'safe' : 'unsent'
  const call = await upstream.wire.stream(method, message, { caller: request.caller, signal, repeatable })
  reply.headers(passedFields(call.headers))
  yield null
  yield* call.messages
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

/** @param message null: a silence. */
function partOf(form: AnswerForm, message: Uint8Array | null): Uint8Array {
  return message === null ? (form.keepAlive ?? Buffer.alloc(0)) : form.part(message)
}

interface Sending extends Pick<RouteParts, 'streams'> {
  request: FastifyRequest
  reply: FastifyReply
  form: AnswerForm
  /** What comes first. */
  part: Uint8Array
  messages: TickingMessages<Uint8Array | null>
  /** After how long a silence the connection is kept alive, in milliseconds. */
  silenceMs: number
}

/** Sends what comes first and all that follows, as fast as the client reads. Whatever goes wrong, the client can see it. */
async function sendStream({ request, reply, form, part, messages, silenceMs, streams }: Sending): Promise<void> {
  try {
    await writePart(reply.raw, part)
    for (;;) {
      const next = await messages.next(silenceMs)
      if (next.done) break
      await writePart(reply.raw, partOf(form, next.value))
    }
    endAnswer(reply.raw, form.end(), streams.isClosing)
  } catch (error) {
    // Within a stream, what begins with "error" is how a client tells it from a message.
    const { body } = describeFailure(error, request, '')
    if (reply.raw.destroyed) return
    const last = form.error(body)
    if (last === null) breakOff(reply.raw)
    else reply.raw.end(last)
  }
}

/** @param close whether the connection ends with the answer. */
function endAnswer(response: ServerResponse, last: Uint8Array | null, close: boolean): void {
  const { socket } = response
  if (close) response.once('finish', () => socket?.destroySoon())
  if (last === null) response.end()
  else response.end(last)
}

/** Without the last chunk of an answer, the client knows that it is not whole; what was sent before still arrives. */
function breakOff(response: ServerResponse): void {
  if (response.socket === null) response.destroy()
  else response.socket.destroySoon()
}
