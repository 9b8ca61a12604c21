import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import { RequestError } from '../../errors.ts'
import { isAnswer, requestErrorOf } from '../errors/code.ts'
import { translateStream } from './follow-stream.ts'

/** What a connection is that cannot be had, and a stream that the upstream refused or gave up. */
const lostCodes: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Canceled])

/**
 * Tells a failed connection, and an answer that breaks the protocol, from what the upstream itself says: both become
 * errors of the gateway, with their cause. Stands next to the transport, so that all other policies see the difference.
 */
export function translateConnectionErrors(): Interceptor {
  return next => async request => {
    try {
      const response = await next(request)
      return response.stream ? translateStream(response, error => translate(error, request.signal)) : response
    } catch (error) {
      throw translate(error, request.signal)
    }
  }
}

function translate(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return endedEarly(signal)
  if (!(error instanceof ConnectError)) return new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause: error })
  if (isAnswer(error)) return error
  const lost = lostCodes.has(error.code)
  return new RequestError(lost ? 'SLUICE_ERR_UPSTREAM_UNAVAILABLE' : 'SLUICE_ERR_UPSTREAM_INVALID', { cause: error })
}

/** The deadline, the client that went away, or what is wrong with the messages that it sent. */
function endedEarly({ reason }: AbortSignal): RequestError {
  return requestErrorOf(reason) ?? new RequestError('SLUICE_ERR_CANCELLED', { cause: reason })
}
