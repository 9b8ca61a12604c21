/** Frames are written into pieces of memory of this size, one after the other. */
const slabBytes = 32 * 1024

/** What is this large is not copied into a slab. */
export const largeBytes = 8 * 1024

/** Above this much that has not gone to the socket, in bytes, data waits. */
const maxQueuedBytes = 256 * 1024

/** The part of a socket that is written to. */
export interface WritableSocket {
  readonly writableLength: number
  cork(): void
  uncork(): void
  /** False: it should not be written to before `drain`. */
  write(bytes: Uint8Array): boolean
}

/**
 * Gathers the frames of one turn of the event loop, so that they leave in one write: a write costs more than all that goes
 * before it.
 */
export class Output {
  /** Where frames are written; valid behind `reserve`. */
  buffer = Buffer.allocUnsafeSlow(slabBytes)
  /** How often something was handed to the socket: what was written since is not on its way. */
  flushes = 0
  readonly #socket: WritableSocket
  readonly #onFlushed: () => void
  #start = 0
  #end = 0
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #isScheduled = false
  #isBlocked = false
  #isStopped = false

  /** @param onFlushed called when there may be room for data again. */
  constructor(socket: WritableSocket, onFlushed: () => void) {
    this.#socket = socket
    this.#onFlushed = onFlushed
  }

  /** Whether data must wait: the socket, or the peer behind it, takes no more for now. */
  get isFull(): boolean {
    return this.#isBlocked || this.#chunkBytes + this.#end - this.#start >= maxQueuedBytes
  }

  /** What the peer has not taken, in bytes. */
  get backlog(): number {
    return this.#socket.writableLength + this.#chunkBytes + this.#end - this.#start
  }

  /** Makes room for so many bytes in `buffer`, and answers where they begin. `commit` says where they ended. */
  reserve(bytes: number): number {
    if (this.#end + bytes > this.buffer.length) {
      this.#cut()
      this.buffer = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes))
      this.#start = 0
      this.#end = 0
    }
    return this.#end
  }

  commit(end: number): void {
    this.#end = end
    this.#schedule()
  }

  /** Sends `bytes` behind what was committed, without a copy: they must not change any more. */
  reference(bytes: Uint8Array): void {
    this.#cut()
    this.#chunks.push(bytes)
    this.#chunkBytes += bytes.length
    this.#schedule()
  }

  /** The socket can be written to again. */
  unblock(): void {
    this.#isBlocked = false
  }

  /** Hands all to the socket, now. */
  flush(): void {
    if (this.#isStopped) return
    this.#cut()
    if (this.#chunks.length === 0) return
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    this.flushes += 1
    if (chunks.length > 1) this.#socket.cork()
    for (const chunk of chunks) this.#isBlocked = !this.#socket.write(chunk)
    if (chunks.length > 1) this.#socket.uncork()
  }

  /** Nothing more goes to the socket, which was closed. */
  stop(): void {
    this.#isStopped = true
  }

  #cut(): void {
    if (this.#end === this.#start) return
    this.#chunks.push(this.buffer.subarray(this.#start, this.#end))
    this.#chunkBytes += this.#end - this.#start
    this.#start = this.#end
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // After what else this turn of the loop reads, which may have calls to make too.
    setImmediate(flushScheduled, this)
  }

  /** For the timer alone. */
  onImmediate(): void {
    this.#isScheduled = false
    this.flush()
    if (!this.isFull) this.#onFlushed()
  }
}

function flushScheduled(output: Output): void {
  output.onImmediate()
}
