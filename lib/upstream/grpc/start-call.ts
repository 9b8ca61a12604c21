import type { Http2Connection } from '../http2/connection.ts'
import type { CallLimits, OnOver } from './attempt.ts'
import type { Answer, Call } from './call.ts'
import { StreamCall } from './stream-call.ts'
import { UnaryCall } from './unary-call.ts'

/**
 * Makes one attempt at a call, on a connection that has room. One whose lifetime is over is not sent.
 *
 * @param onOver called once, when its HTTP/2 stream is over (a stream's: long after the promise): null, or the error.
 * @throws {ConnectError} what the call failed with before it had an answer.
 */
export function startCall(
  connection: Http2Connection,
  call: Call,
  limits: CallLimits,
  onOver: OnOver
): Promise<Answer> {
  const { requestStreams, answerStreams } = call.rpc
  const Attempt = requestStreams || answerStreams ? StreamCall : UnaryCall
  return new Promise((resolve, reject) => {
    new Attempt(call, limits, onOver, resolve, reject).open(connection)
  })
}
