import type { Policy } from '../upstream/grpc/call.ts'

export interface DeadlineOptions {
  /** What a unary call has that nobody named a time for, in milliseconds. */
  defaultMs: number
}

/**
 * Gives a call no more time than its caller has left. The upstream is told what is left, and the call ends when it is over;
 * with nothing left, it is not made. Streams have no end but their caller's.
 */
export function withDeadline({ defaultMs }: DeadlineOptions): Policy {
  return next => call => {
    const { caller, lifetime, rpc } = call
    const isStream = rpc.requestStreams || rpc.answerStreams
    const deadline = isStream ? caller?.streamDeadline : caller?.deadline
    if (deadline !== undefined && deadline !== null) lifetime.endAt(deadline)
    else if (!isStream && call.timeoutMs === undefined) lifetime.endAt(performance.now() + defaultMs)
    return lifetime.reason === null ? next(call) : Promise.reject(lifetime.reason)
  }
}
