import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import type { Logger } from 'pino'
import { failure } from './service-error.ts'
import { hookStream } from './streams.ts'

/**
 * The outermost interceptor of a service: a refusal passes as it is; anything else that a handler throws is logged and
 * becomes INTERNAL "internal error", so that nothing of the inside leaves.
 */
export function createErrorInterceptor(log: Logger): Interceptor {
  return next => async request => {
    function translate(error: unknown): ConnectError {
      if (error instanceof ConnectError) return error
      // The caller left or its deadline passed, and the handler noticed by way of the signal.
      if (request.signal.aborted) return endedCall(request.signal.reason)
      log.error({ err: error, rpc: `${request.service.typeName}/${request.method.name}` }, 'rpc failed')
      return failure(Code.Internal, 'INTERNAL', 'internal error', { cause: error })
    }

    async function translating<Result>(work: () => Promise<Result>): Promise<Result> {
      try {
        return await work()
      } catch (error) {
        throw translate(error)
      }
    }

    const response = await translating(() => next(request))
    return response.stream ? hookStream(response, { pull: translating }) : response
  }
}

/** A caller that resets its stream is told apart from a deadline by its reason, which can say anything, INTERNAL too. */
function endedCall(reason: unknown): ConnectError {
  const error = ConnectError.from(reason, Code.Canceled)
  if (error.code === Code.DeadlineExceeded) return error
  return new ConnectError('the caller left', Code.Canceled, undefined, undefined, reason)
}
