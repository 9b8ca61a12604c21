import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { Exchange, type ExchangeHandler } from './exchange.ts'
import { decompress, type Frame, FrameReader, frameOf } from './framing.ts'
import { addHeaders } from './headers.ts'
import type { Lifetime } from './lifetime.ts'
import type { SessionManager } from './session.ts'

/** What a call is made of, once its interceptors have let it through. */
export interface OutgoingCall<Content> {
  method: DescMethod
  lifetime: Lifetime
  headers: OutgoingHttpHeaders
  content: Content
  /** The most that one message of the answer may hold. */
  readMaxBytes: number
}

/** The answer of a unary call: connect's response, in bytes. Few ask for its headers, so they are made when somebody does. */
export class UnaryAnswer {
  readonly stream = false
  readonly method: DescMethod
  readonly message: Uint8Array
  readonly #exchange: Exchange
  #header: Headers | null = null
  #trailer: Headers | null = null

  constructor(method: DescMethod, message: Uint8Array, exchange: Exchange) {
    this.method = method
    this.message = message
    this.#exchange = exchange
  }

  get service(): DescService {
    return this.method.parent
  }

  get header(): Headers {
    this.#header ??= addHeaders(new Headers(), this.#exchange.headers)
    return this.#header
  }

  get trailer(): Headers {
    this.#trailer ??= addHeaders(new Headers(), this.#exchange.trailers ?? {})
    return this.#trailer
  }
}

/** Calls with one message, and reads one: the request is one write, and the answer is read as it arrives. */
export function callUnary(sessions: SessionManager, call: OutgoingCall<Uint8Array>): Promise<UnaryAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new UnaryHandler(call, resolve, reject)
    handler.exchange.open(sessions, call.headers)
  })
}

class UnaryHandler implements ExchangeHandler {
  readonly exchange: Exchange
  readonly #call: OutgoingCall<Uint8Array>
  readonly #resolve: (answer: UnaryAnswer | Promise<UnaryAnswer>) => void
  readonly #reject: (error: ConnectError) => void
  readonly #frames: FrameReader
  #message: Frame | null = null

  constructor(
    call: OutgoingCall<Uint8Array>,
    resolve: (answer: UnaryAnswer | Promise<UnaryAnswer>) => void,
    reject: (error: ConnectError) => void
  ) {
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.#frames = new FrameReader(call.readMaxBytes)
    this.exchange = new Exchange(call.lifetime, this)
  }

  onOpen(stream: ClientHttp2Stream): void {
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    stream.end(frameOf(this.#call.content))
  }

  onHeaders(): void {}

  onEnd(): void {
    const message = this.#message
    if (this.#frames.isPartial) this.#reject(new ConnectError('protocol error: half a message', Code.Internal))
    else if (message === null) this.#reject(new ConnectError('protocol error: missing message', Code.Unimplemented))
    else if (message.compressed) this.#resolve(this.#unpack(message))
    else this.#resolve(new UnaryAnswer(this.#call.method, message.data, this.exchange))
  }

  onError(error: ConnectError): void {
    this.#reject(error)
  }

  #onData(chunk: Buffer): void {
    if (this.exchange.isOver) return
    try {
      this.#frames.push(chunk)
      for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) {
        if (this.#message !== null) throw new ConnectError('protocol error: more than one message', Code.Unimplemented)
        this.#message = frame
      }
    } catch (error) {
      this.exchange.fail(ConnectError.from(error, Code.Internal))
    }
  }

  async #unpack({ data }: Frame): Promise<UnaryAnswer> {
    const encoding = this.exchange.encoding
    const message = await decompress(data, encoding, this.#call.readMaxBytes)
    return new UnaryAnswer(this.#call.method, message, this.exchange)
  }
}
