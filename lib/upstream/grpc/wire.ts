import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Caller } from '../caller.ts'
import type { Answer, Call, Policy, Repeatable, Send, StreamAnswer, UnaryAnswer } from './call.ts'
import { Lifetime } from './lifetime.ts'
import { checkSize } from './message-size.ts'
import { Metadata } from './metadata.ts'
import { type Rpc, rpcOf } from './rpc.ts'

/** What may be said about one call. */
export interface WireOptions {
  /** Ends the call when it is aborted. */
  signal?: AbortSignal | undefined
  /** The deadline, in milliseconds from now; the upstream is told. Default: what the policies say. */
  timeoutMs?: number | undefined
  /** Sent besides the headers of gRPC. */
  header?: ConstructorParameters<typeof Headers>[0] | undefined
  /** On whose behalf it is made. Default: the gateway's own. */
  caller?: Caller | null | undefined
  /** When it may be made again. Default: always for an idempotent rpc, and otherwise only when it was not sent. */
  repeatable?: Repeatable | undefined
  /** After how long without an answer it is made a second time beside the first, in milliseconds. Default: never. */
  hedgeAfterMs?: number | null | undefined
}

/** gRPC in bytes: messages go in and come out in the binary form of protobuf. Errors are ConnectError or RequestError. */
export interface Wire {
  unary(method: DescMethod, message: Uint8Array, options?: WireOptions): Promise<UnaryAnswer>
  /**
   * Server, client and bidirectional streams. `content` is one message, or pulled no faster than the upstream takes it, and
   * returned when the call ends. What it throws cancels the call, which fails with CANCELLED and that as its cause; or with
   * it as it is, when it is a ConnectError.
   */
  stream(
    method: DescMethod,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: WireOptions
  ): Promise<StreamAnswer>
}

export interface CreateWireOptions {
  /** Makes the attempts: a channel's. */
  send: Send
  /** What wraps each call, the first outermost. Default: nothing. */
  policies?: readonly Policy[]
  /** The most that one message of a request may hold, in bytes; a larger one is RESOURCE_EXHAUSTED, and not sent. */
  writeMaxBytes: number
}

/** @throws what a policy throws that cannot be set up */
export function createWire({ send, policies = [], writeMaxBytes }: CreateWireOptions): Wire {
  const through = policies.reduceRight<Send>((next, policy) => policy(next), send)

  async function make(call: Call): Promise<Answer> {
    try {
      if (call.content instanceof Uint8Array) checkSize(call.content, writeMaxBytes)
      return await through(call)
    } catch (error) {
      // When a policy refuses it, before it began or after, it is not to go on.
      call.lifetime.end(ConnectError.from(error, Code.Canceled))
      throw error
    }
  }

  return {
    async unary(method, message, options) {
      const call = callOf(rpcOf(method), message, options)
      const answer = await make(call)
      call.lifetime.close()
      return answer as UnaryAnswer
    },

    async stream(method, content, options) {
      // Its lifetime is over with the stream.
      return (await make(callOf(rpcOf(method), content, options))) as StreamAnswer
    }
  }
}

function callOf(rpc: Rpc, content: Call['content'], options: WireOptions = {}): Call {
  const { caller = null, timeoutMs } = options
  const metadata = Metadata.from(options.header)
  const lifetime = new Lifetime(caller?.lifetime, options.signal)
  if (timeoutMs !== undefined) lifetime.endAt(performance.now() + timeoutMs)
  return {
    rpc,
    content,
    metadata,
    lifetime,
    caller,
    timeoutMs,
    repeatable: options.repeatable ?? (rpc.idempotent ? 'safe' : 'unsent'),
    hedgeAfterMs: options.hedgeAfterMs ?? null,
    avoid: null,
    span: null,
    endpoint: null
  }
}
