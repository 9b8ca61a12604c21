import type t from 'tap'
import { HeaderTemplate } from '../../../../lib/upstream/hpack/encoder.ts'
import type { HeaderFields } from '../../../../lib/upstream/hpack/header-fields.ts'
import { ClientStream } from '../../../../lib/upstream/http2/client-stream.ts'
import { Http2Connection } from '../../../../lib/upstream/http2/connection.ts'
import type { ConnectionOptions } from '../../../../lib/upstream/http2/connection-options.ts'
import type { StreamError } from '../../../../lib/upstream/http2/errors.ts'
import type { Address } from '../../../../lib/upstream/socket.ts'

type Tap = Pick<typeof t, 'teardown'>

/** A stream that writes down what it is told. */
export class RecordedStream extends ClientStream {
  headers: HeaderFields | null = null
  trailers: HeaderFields | null = null
  isEnded = false
  readonly chunks: Buffer[] = []
  writableCount = 0
  /** Settles when it is over: with null, or why. */
  readonly closed: Promise<StreamError | null>
  /** Whether the window is given back at once. */
  takesAll = true
  #resolve!: (error: StreamError | null) => void

  constructor() {
    super()
    this.closed = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks)
  }

  override onHeaders(fields: HeaderFields): void {
    this.headers = fields
  }

  override onData(bytes: Buffer): void {
    this.chunks.push(Buffer.from(bytes))
    if (this.takesAll) this.consumed(bytes.length)
  }

  override onTrailers(fields: HeaderFields): void {
    this.trailers = fields
  }

  override onEnd(): void {
    this.isEnded = true
  }

  override onWritable(): void {
    this.writableCount += 1
  }

  override onClosed(error: StreamError | null): void {
    this.#resolve(error)
  }
}

/** A connection, and what becomes of it. It ends with the test. */
export function connect(t: Tap, address: Address, options: Partial<ConnectionOptions> = {}) {
  const told = { room: 0, draining: 0, closed: 0 }
  const ready = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<Error | null>()
  const connection = new Http2Connection(
    { address, tls: null, connectTimeoutMs: 5_000, authority: 'test', ...options },
    {
      onReady: ready.resolve,
      onRoom: () => {
        told.room += 1
      },
      onDraining: () => {
        told.draining += 1
      },
      onClosed(error) {
        told.closed += 1
        closed.resolve(error)
        ready.reject(error ?? new Error('closed'))
      }
    }
  )
  ready.promise.catch(() => {})
  t.teardown(() => connection.destroy())
  return { connection, ready: ready.promise, closed: closed.promise, told }
}

const template = new HeaderTemplate([':path', '/', 'content-type', 'application/grpc'])

/** Opens a stream with a request of one piece. */
export function request(connection: Http2Connection, body: Uint8Array | null = null, extra: HeaderFields = []) {
  const stream = new RecordedStream()
  connection.open(stream, template, extra, body, true)
  return stream
}

/** Opens a stream whose request goes on. */
export function openRequest(connection: Http2Connection, extra: HeaderFields = []) {
  const stream = new RecordedStream()
  connection.open(stream, template, extra, null, false)
  return stream
}
