import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Failure } from '../errors/failure.ts'
import { renderRawFailure } from '../errors/render.ts'

/** What answers on a connection, as Node keeps it there. */
interface Answering {
  _httpMessage?: ServerResponse | null
}

/**
 * Answers what never became a request, on a connection that ends with it. Where the request before has no answer yet, that
 * one comes, and ends the connection: this one would be taken for it. In the middle of another answer, the connection just
 * ends.
 *
 * @returns the id that the client was told; null when it was told nothing.
 */
export function answerRaw(failure: Failure, socket: Duplex): string | null {
  const current = (socket as Answering)._httpMessage
  if (!socket.writable || current?.headersSent) {
    socket.destroy()
    return null
  }
  if (current?.req.complete) {
    current.shouldKeepAlive = false
    return null
  }
  const requestId = randomUUID()
  socket.end(renderRawFailure(failure, { requestId, traceId: '' }), () => socket.destroy())
  return requestId
}
