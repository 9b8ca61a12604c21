import type { StreamOwner } from '../../../../lib/upstream/http2/client-stream.ts'
import type { StreamError } from '../../../../lib/upstream/http2/errors.ts'
import { FloodGuard } from '../../../../lib/upstream/http2/flood-guard.ts'
import { OpenStreams } from '../../../../lib/upstream/http2/open-streams.ts'
import { RecordedStream } from './client.ts'

export const ok = [':status', '200']

/** A stream whose end is there to be read. */
class TestedStream extends RecordedStream {
  /** Undefined while it is open. */
  outcome: StreamError | null | undefined

  override onClosed(error: StreamError | null): void {
    this.outcome = error
    super.onClosed(error)
  }
}

/** Streams with windows of 100 bytes, and what they tell. */
export function setUp({ firstId = 1 } = {}) {
  const told: string[] = []
  const streams = new OpenStreams(
    { guard: new FloodGuard(), windowBytes: 100, firstId },
    {
      sendReset: (streamId, code) => told.push(`reset ${streamId} ${code}`),
      sendWindowUpdate: (streamId, bytes) => told.push(`window ${streamId} ${bytes}`),
      onStreamClosed: ({ streamId }) => told.push(`closed ${streamId}`)
    }
  )
  const owner: StreamOwner = {
    sendData: () => true,
    resetStream: (stream, code) => streams.abort(stream, code, 'reset by us'),
    giveBack: (stream, bytes) => streams.giveBack(stream, bytes)
  }
  return {
    streams,
    told,
    /** A stream that is open, and whose request is complete. */
    open() {
      const stream = new TestedStream()
      streams.add(stream)
      return Object.assign(stream, { owner, isLocalEnded: true, sendWindow: 65_535 })
    }
  }
}

/** DATA of the server. */
export function send(streams: OpenStreams, streamId: number, text: string, { padding = 0, isEnd = false } = {}): void {
  streams.onData(streamId, Buffer.from(text), text.length + padding, isEnd)
}
