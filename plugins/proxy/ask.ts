import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { upstreamFailure } from '../../lib/http/proxy/failure.ts'

/** The beginning of an answer of an upstream. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Readable
}

/** What @fastify/reply-from is given for a request: of that of @fastify/http-proxy, what must stay. */
export type FromOptions = NonNullable<Parameters<FastifyReply['from']>[1]>

export interface Question {
  /** The path at the upstream. */
  destination: string
  options: FromOptions
  /** All headers but `Host`, which is made of the target. */
  headersOf(headers: IncomingHttpHeaders): OutgoingHttpHeaders
  /** How long undici itself waits, in milliseconds. */
  timeoutMs: number
  /** Aborted when nobody waits for the answer any more, with a RequestError. */
  signal: AbortSignal
}

/**
 * Asks the upstream by @fastify/reply-from, which is to send nothing to the client by itself: not a header, and no error.
 *
 * @throws {RequestError}
 */
export function ask(reply: FastifyReply, question: Question): Promise<Answer> {
  const { destination, options, headersOf, timeoutMs, signal } = question
  return new Promise((resolve, reject) => {
    let hasFailed = false
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    reply.from(destination, {
      ...options,
      timeout: timeoutMs,
      rewriteRequestHeaders: (_request, headers) => headersOf(headers as IncomingHttpHeaders) as IncomingHttpHeaders,
      rewriteHeaders: () => ({}),
      onError(_reply, { error }) {
        hasFailed = true
        reject(signal.aborted ? signal.reason : upstreamFailure(error))
      },
      onResponse(_request, _reply, received) {
        signal.removeEventListener('abort', giveUp)
        const { statusCode, headers, stream } = received as unknown as Received
        // An error of it may come when nobody listens any more.
        stream.on('error', () => {})
        // A status that there is not is an error, and comes all the same.
        if (signal.aborted || hasFailed) stream.destroy()
        else resolve({ status: statusCode, headers, body: stream })
      }
    })
  })
}

/** What @fastify/reply-from really calls `onResponse` with. */
interface Received {
  statusCode: number
  headers: IncomingHttpHeaders
  stream: Readable
}
