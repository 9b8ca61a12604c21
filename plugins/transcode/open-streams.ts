import { RequestError } from '../../errors.ts'

/** Ends a stream; its client is told the error. */
export type StopStream = (error: RequestError) => void

export type OpenStreams = ReturnType<typeof createOpenStreams>

/** The server streams that are open: nothing else would end them when the gateway closes, which waits for its connections. */
export function createOpenStreams() {
  const open = new Set<StopStream>()
  let closing: RequestError | null = null

  return {
    /** @returns forgets the stream, once it has ended. */
    add(stop: StopStream): () => void {
      open.add(stop)
      if (closing !== null) stop(closing)
      return () => open.delete(stop)
    },

    /** Whether the gateway waits for its connections to close. */
    get isClosing(): boolean {
      return closing !== null
    },

    /** Ends all streams, and those that are opened later. */
    close(): void {
      closing = new RequestError('SLUICE_ERR_SHUTTING_DOWN')
      for (const stop of open) stop(closing)
    }
  }
}
