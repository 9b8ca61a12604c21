import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../../errors.ts'

/**
 * Aborted with why nobody waits for the answer any more: its time is over, or the client went away. The time begins when the
 * request is there: a client that sends slowly says nothing about how fast the upstream is.
 */
export function lifetimeOf(request: FastifyRequest, reply: FastifyReply, timeoutMs: number): AbortSignal {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  function begin(): void {
    timer = setTimeout(() => controller.abort(new RequestError('SLUICE_ERR_UPSTREAM_TIMEOUT')), timeoutMs).unref()
  }
  if (request.body instanceof Readable) request.body.once('end', begin)
  else begin()
  reply.raw.once('close', () => {
    clearTimeout(timer)
    if (!reply.raw.writableFinished) controller.abort(new RequestError('SLUICE_ERR_CANCELLED'))
  })
  return controller.signal
}
