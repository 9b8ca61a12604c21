import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WritableSocket } from '../../../../lib/upstream/http2/output.ts'

/** A socket that keeps what is written, and takes as much as it is told to. */
export class RecordedSocket implements WritableSocket {
  readonly writes: Buffer[] = []
  /** What `write` answers. */
  takesMore = true
  corks = 0
  writableLength = 0

  get bytes(): Buffer {
    return Buffer.concat(this.writes)
  }

  cork(): void {
    this.corks += 1
  }

  uncork(): void {
    this.corks -= 1
  }

  write(bytes: Uint8Array): boolean {
    this.writes.push(Buffer.from(bytes))
    return this.takesMore
  }
}

export interface ReadFrame {
  type: number
  flags: number
  streamId: number
  payload: Buffer
}

/** The frames in these bytes, which hold no others. */
export function framesIn(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end)
    })
    at = end
  }
  return frames
}

export { nextTurn }
