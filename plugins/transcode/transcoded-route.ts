import type { ToJsonOptions } from '../../lib/codec/to-json/compile.ts'
import type { HttpRule } from '../../lib/httprule/rules.ts'
import type { RoutePolicy } from '../../lib/policies/route-policy.ts'

/** What is known about a route that serves an rpc: for documents and tables that describe the gateway. */
export interface TranscodedRoute {
  rule: HttpRule
  policy: RoutePolicy
  /** The name of the upstream that serves it. */
  upstream: string
  /** How its answers are printed. */
  print: Partial<ToJsonOptions>
}
