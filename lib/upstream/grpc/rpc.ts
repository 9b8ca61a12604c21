import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { policy } from '../../../gen/sluice/v1/policy_pb.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { HeaderTemplate } from '../hpack/encoder.ts'

/** What all calls of a method have in common. */
export interface Rpc {
  readonly method: DescMethod
  /** `/package.Service/Method`. */
  readonly path: string
  /** The headers that all its calls begin with, after `:authority`. */
  readonly template: HeaderTemplate
  /** The same, for a call that says itself which `user-agent` it is of. */
  readonly templateWithoutAgent: HeaderTemplate
  /** Whether the request is a stream. */
  readonly requestStreams: boolean
  /** Whether the answer is a stream. */
  readonly answerStreams: boolean
  /** Whether to repeat a call does no more than to make it. */
  readonly idempotent: boolean
}

const userAgent = `grpc-node-sluice/${packageJson.version}`

const known = new WeakMap<DescMethod, Rpc>()

/** Compiled once per method. */
export function rpcOf(method: DescMethod): Rpc {
  let rpc = known.get(method)
  if (rpc === undefined) {
    rpc = compile(method)
    known.set(method, rpc)
  }
  return rpc
}

function compile(method: DescMethod): Rpc {
  const path = `/${method.parent.typeName}/${method.name}`
  const { methodKind } = method
  const idempotent = getOption(method, policy).idempotent ?? method.idempotency !== IdempotencyLevel.IDEMPOTENCY_UNKNOWN
  return {
    method,
    path,
    template: new HeaderTemplate([...headersOf(path), 'user-agent', userAgent]),
    templateWithoutAgent: new HeaderTemplate(headersOf(path)),
    requestStreams: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    answerStreams: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    idempotent
  }
}

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
function headersOf(path: string): string[] {
  return [
    ...[':path', path],
    ...['content-type', 'application/grpc+proto'],
    ...['te', 'trailers'],
    ...['grpc-accept-encoding', 'identity,gzip']
  ]
}
