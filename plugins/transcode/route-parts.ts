import type { DescMethod } from '@bufbuild/protobuf'
import type { FastifyRequest } from 'fastify'
import type { RoutePolicy } from '../../lib/policies/route-policy.ts'
import type { BoundRequest, CompiledRoute } from '../../lib/transcode/bind.ts'
import type { Locate } from '../../lib/transcode/location.ts'
import type { Upstream } from '../upstreams.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Handler } from './options.ts'

/** What the handler of a route is made of: one HTTP rule of one rpc, compiled. */
export interface RouteParts {
  method: DescMethod
  route: CompiledRoute
  policy: RoutePolicy
  /** The upstream that serves the rpc. */
  upstream: Upstream
  /** What serves the rpc instead of the upstream; null: nothing does. Only unary rpcs have one. */
  handler: Handler<DescMethod> | null
  /** Finds the path of what was created in its answer; null: the answer is of another status, or nothing reads it. */
  locate: Locate | null
  /** The most that a message of a request may hold, in bytes of JSON. */
  bodyLimit: number
  /** Where server streams are known as long as they are open. */
  streams: OpenStreams
  /** After how long a silence an event stream is kept alive, in milliseconds. */
  keepAliveMs: number
  /**
   * Makes the request message of the path, the query, the headers and the token of a request and of `body`: the JSON as it
   * came, or the wire bytes of a google.api.HttpBody; undefined when there was none. Throws BindError, and RequestError for
   * what is no request of this route.
   */
  bind(request: FastifyRequest, body: Uint8Array | undefined): BoundRequest
}
