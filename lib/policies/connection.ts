import { Code, ConnectError } from '@connectrpc/connect'
import { RequestError } from '../../errors.ts'
import { isAnswer, requestErrorOf } from '../errors/code.ts'
import type { Policy } from '../upstream/grpc/call.ts'
import type { Lifetime } from '../upstream/grpc/lifetime.ts'
import { isUnsent } from '../upstream/grpc/stream-status.ts'

/** What a connection is that cannot be had, and a stream that the upstream refused or gave up. */
const lostCodes: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Canceled])

/**
 * Tells a failed connection, and an answer that breaks the protocol, from what the upstream itself says: both become
 * errors of the gateway, with their cause. Stands next to the channel, so that all other policies see the difference.
 */
export function withTranslatedErrors(): Policy {
  return next => async call => {
    const { lifetime } = call
    try {
      const answer = await next(call)
      if (answer.stream) answer.translate = error => translate(error, lifetime)
      return answer
    } catch (error) {
      throw translate(error, lifetime)
    }
  }
}

function translate(error: unknown, { reason }: Lifetime): unknown {
  // A deadline that passed while the call waited for a connection says nothing about how fast the upstream is.
  if (reason !== null && !isUnsent(error)) return endedEarly(reason)
  if (!(error instanceof ConnectError)) return new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause: error })
  if (isAnswer(error)) return error
  const lost = lostCodes.has(error.code)
  return new RequestError(lost ? 'SLUICE_ERR_UPSTREAM_UNAVAILABLE' : 'SLUICE_ERR_UPSTREAM_INVALID', { cause: error })
}

/** The deadline, the client that went away, or what is wrong with the messages that it sent. */
function endedEarly(reason: ConnectError): RequestError {
  return requestErrorOf(reason) ?? new RequestError('SLUICE_ERR_CANCELLED', { cause: reason })
}
