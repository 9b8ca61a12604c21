import type { ToJsonOptions } from '../codec/to-json/compile.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'

/** A route to describe. */
export interface DescribedRoute {
  rule: HttpRule
  policy: RoutePolicy
  /** How its answers are printed. */
  print: Partial<ToJsonOptions>
}
