import type { ServerResponse } from 'node:http'

/**
 * Aborted when the connection closes before the answer is out. Fastify's own `request.signal` is aborted when the request
 * closes, and Node closes a request as soon as its body has been read.
 */
export function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  if (response.destroyed) controller.abort()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}
