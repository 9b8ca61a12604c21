import type { DescMethod } from '@bufbuild/protobuf'
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type Interceptor,
  type UnaryRequest
} from '@connectrpc/connect'
import { checkSize } from './framing.ts'
import { requestHeaders } from './headers.ts'
import { Lifetime } from './lifetime.ts'
import type { SessionManager } from './session.ts'
import { callStream } from './stream-call.ts'
import { callUnary } from './unary-call.ts'

/** What may be said about one call. */
export interface WireCallOptions {
  /** Ends the call when it is aborted. */
  signal?: AbortSignal | undefined
  /**
   * The deadline, in milliseconds from now; the upstream is told. Without one, a unary call has the transport's, and a
   * stream none: only its first headers must come within that time after its last message was sent.
   */
  timeoutMs?: number | undefined
  /** Sent besides the headers of gRPC. */
  header?: ConstructorParameters<typeof Headers>[0]
  /** For the interceptors. */
  contextValues?: ContextValues | undefined
}

/** The answer of a unary call. */
export interface WireResponse {
  header: Headers
  /** The message in the binary form of protobuf. */
  message: Uint8Array
  trailer: Headers
}

/** An answer that has begun. */
export interface WireStream {
  header: Headers
  /**
   * The messages, read from the connection no faster than they are taken. Can be iterated once, with one `next` at a time.
   * To end the iteration early cancels the call.
   */
  messages: AsyncIterable<Uint8Array>
  /** Filled when `messages` has ended. */
  trailer: Headers
}

/** gRPC in bytes: messages go in and come out in the binary form of protobuf. Errors are ConnectError or RequestError. */
export interface WireTransport {
  unary(method: DescMethod, message: Uint8Array, options?: WireCallOptions): Promise<WireResponse>
  /**
   * Server, client and bidirectional streams. `messages` is pulled no faster than the upstream takes them, and returned
   * when the call ends. What it throws cancels the call, which fails with CANCELLED and that as its cause; or with it as
   * it is, when it is a ConnectError.
   */
  stream(method: DescMethod, messages: AsyncIterable<Uint8Array>, options?: WireCallOptions): Promise<WireStream>
}

export interface WireTransportOptions {
  /** `http://host:port` of the upstream; for the interceptors. */
  url: string
  sessions: SessionManager
  /** What wraps each call, the first outermost. The messages that they see are bytes. */
  interceptors?: Interceptor[]
  /** The deadline of a unary call that has none, and of the headers of a stream, in milliseconds. */
  defaultTimeoutMs: number
  /** The most that one message of an answer may hold. */
  readMaxBytes: number
  /** The most that one message of a request may hold; a larger one is RESOURCE_EXHAUSTED, and not sent. */
  writeMaxBytes: number
}

/** Where a call that went through the interceptors finds its lifetime. */
const kLifetime = Symbol('sluice.lifetime')

/** What interceptors get: connect's request, with bytes for messages. */
type WireRequest = Omit<UnaryRequest, 'stream' | 'message' | 'method'> & {
  method: DescMethod
  timeoutMs: number | undefined
  [kLifetime]: Lifetime
} & ({ stream: false; message: Uint8Array } | { stream: true; message: AsyncIterable<Uint8Array> })

type Call = ReturnType<Interceptor>

/** gRPC to one upstream, over the connection of `sessions`. */
export function createWireTransport(options: WireTransportOptions): WireTransport {
  const { sessions, url, interceptors = [], defaultTimeoutMs, readMaxBytes, writeMaxBytes } = options

  async function send(request: WireRequest) {
    const { [kLifetime]: lifetime, method, timeoutMs } = request
    const headers = requestHeaders(pathOf(method), timeoutMs, request.header)
    const call = { method, lifetime, headers, readMaxBytes }
    if (!request.stream) return callUnary(sessions, { ...call, content: request.message })
    return callStream(sessions, {
      ...call,
      content: request.message,
      writeMaxBytes,
      headersTimeoutMs: timeoutMs === undefined ? defaultTimeoutMs : null
    })
  }
  const through = interceptors.reduceRight<Call>((next, wrap) => wrap(next), send as unknown as Call)

  async function call(stream: boolean, method: DescMethod, message: unknown, { header, ...call }: WireCallOptions) {
    const timeoutMs = call.timeoutMs ?? (stream ? undefined : defaultTimeoutMs)
    const lifetime = new Lifetime(call.signal, timeoutMs)
    const request = {
      stream,
      service: method.parent,
      method,
      requestMethod: 'POST',
      url: url + pathOf(method),
      header: new Headers(header),
      contextValues: call.contextValues ?? createContextValues(),
      message,
      timeoutMs,
      get signal() {
        return lifetime.signal
      },
      [kLifetime]: lifetime
    }
    try {
      return await through(request as unknown as UnaryRequest)
    } catch (error) {
      // When an interceptor refuses it, before it began or after, it is not to go on.
      lifetime.end(ConnectError.from(error, Code.Canceled))
      throw error
    }
  }

  return {
    async unary(method, message, options = {}) {
      checkSize(message, writeMaxBytes)
      return (await call(false, method, message, options)) as unknown as WireResponse
    },

    async stream(method, messages, options = {}) {
      const { header, message, trailer } = await call(true, method, messages, options)
      return { header, messages: message as unknown as AsyncIterable<Uint8Array>, trailer }
    }
  }
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`
}
