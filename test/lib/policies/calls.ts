import { Code, ConnectError } from '@connectrpc/connect'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import type { Answer, Call, UnaryAnswer } from '../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { Metadata } from '../../../lib/upstream/grpc/metadata.ts'
import { rpcOf } from '../../../lib/upstream/grpc/rpc.ts'
import { StreamError } from '../../../lib/upstream/http2/errors.ts'

/** A call that a policy may be given. */
export function createCall(parts: Partial<Call> = {}): Call {
  return {
    rpc: rpcOf(OrderService.method.getOrder),
    content: new Uint8Array(),
    metadata: new Metadata(),
    lifetime: new Lifetime(),
    caller: null,
    timeoutMs: undefined,
    repeatable: 'unsent',
    hedgeAfterMs: null,
    avoid: null,
    span: null,
    endpoint: null,
    ...parts
  }
}

export function answerTo({ rpc }: Call, text = ''): UnaryAnswer {
  return { stream: false, rpc, message: Buffer.from(text), headers: [], trailers: [] }
}

/** An error that an upstream told. */
export function refusal(code: Code, metadata: Record<string, string> = {}): ConnectError {
  return new ConnectError('', code, { 'grpc-status': String(code), ...metadata })
}

/** The error of a call that certainly never began. */
export function unsent(): ConnectError {
  const cause = new StreamError(7, 'peer', true, 'refused')
  return new ConnectError('', Code.Unavailable, undefined, undefined, cause)
}

/** An endpoint, as far as policies look at it: to name it. */
export function endpoint(number: number): object {
  return { toString: () => `endpoint ${number}` }
}

/** Attempts that end as they are told to, one after the other, each at an endpoint of its own. */
export function createUpstream(...outcomes: (Error | string)[]) {
  const attempts: Call[] = []
  async function send(call: Call): Promise<Answer> {
    attempts.push(call)
    call.endpoint = endpoint(attempts.length)
    const outcome = outcomes[attempts.length - 1] ?? 'fine'
    if (outcome instanceof Error) throw outcome
    return answerTo(call, outcome)
  }
  return { send, attempts }
}
