import type { DescMethod, DescService, MessageShape, Registry } from '@bufbuild/protobuf'
import type { FastifyRequest } from 'fastify'
import type { ToJsonOptions } from '../../lib/codec/to-json/compile.ts'
import type { RoutePolicy } from '../../lib/policies/route-policy.ts'
import type { UpstreamName } from '../upstreams.ts'

/** What serves an rpc instead of a plain call to the upstream. Upstreams are asked through `request.clients`. */
export type Handler<Method extends DescMethod> = (
  message: MessageShape<Method['input']>,
  request: FastifyRequest
) => Promise<MessageShape<Method['output']>>

/** What a route plugin says about one rpc. What it says of the policy replaces what the proto says. */
export interface MethodOptions<Method extends DescMethod> extends Partial<RoutePolicy> {
  /** Of a unary rpc. Default: the same rpc of the upstream. */
  handler?: Handler<Method>
  /** Response fields that are null in the JSON when they are not set, by path: `products.stock`. Default: none. */
  nulls?: readonly string[]
}

export interface TranscodeOptions<Service extends DescService> {
  /** Whom to call. */
  upstream: UpstreamName
  methods?: { [Name in keyof Service['method']]?: MethodOptions<Service['method'][Name]> }
  /** How responses are printed. Default: proto field names, implicit fields, short enums, 64-bit integers as strings. */
  print?: Partial<Omit<ToJsonOptions, 'nulls' | 'registry'>>
  /** The types that a google.protobuf.Any may hold, in requests and answers. Default: none, an Any is refused. */
  registry?: Registry
  /** What becomes of request fields that the message does not have. Default: reject. */
  unknownFields?: 'reject' | 'ignore'
}
