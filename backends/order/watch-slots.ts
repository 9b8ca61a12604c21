import { Code } from '@connectrpc/connect'
import type { Caller } from '../shared/identity.ts'
import { failure } from '../shared/service-error.ts'

/** Counts the streams of each user. In memory: each process counts for itself. Services are not counted. */
export function createWatchSlots(streamsPerUser: number) {
  const taken = new Map<string, number>()

  return {
    /**
     * @returns gives the slot back; to be called once
     * @throws RESOURCE_EXHAUSTED TOO_MANY_STREAMS with metadata `limit`
     */
    take({ kind, subject }: Caller): () => void {
      if (kind === 'service') return () => {}
      const count = taken.get(subject) ?? 0
      if (count >= streamsPerUser) {
        throw failure(Code.ResourceExhausted, 'TOO_MANY_STREAMS', `only ${streamsPerUser} streams at a time`, {
          metadata: { limit: String(streamsPerUser) }
        })
      }
      taken.set(subject, count + 1)
      return () => {
        const left = taken.get(subject)! - 1
        if (left === 0) taken.delete(subject)
        else taken.set(subject, left)
      }
    }
  }
}

export type WatchSlots = ReturnType<typeof createWatchSlots>
