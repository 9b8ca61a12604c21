import type { DescMethod } from '@bufbuild/protobuf'
import type { ToJsonOptions } from '../../../lib/codec/to-json/compile.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { commentsFrom } from '../../../lib/openapi/comments.ts'
import { openApiDocument } from '../../../lib/openapi/document.ts'
import type { DescribedRoute } from '../../../lib/openapi/route.ts'
import type { OpenApiDocument, Operation } from '../../../lib/openapi/types.ts'
import { type RoutePolicy, routePolicy } from '../../../lib/policies/route-policy.ts'
import comments from '../../fixtures/gen/comments.json' with { type: 'json' }

/** The routes of methods; `policy` replaces what their protos say. */
export function routesOf(
  methods: readonly DescMethod[],
  policy: Partial<RoutePolicy> = {},
  print: Partial<ToJsonOptions> = {}
): DescribedRoute[] {
  return methods.flatMap(method =>
    httpRules(method).map(rule => ({ rule, policy: routePolicy(method, policy), print }))
  )
}

/** The document of routes, with the comments of the fixtures. */
export function describe(routes: readonly DescribedRoute[]): OpenApiDocument {
  return openApiDocument(routes, { info: { title: 'Test', version: '1' }, commentOf: commentsFrom(comments) })
}

/** The operation of a document by its method and path: `GET /v1/books`. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into it as a reader would, without asking what each part is
export function operationAt(document: OpenApiDocument, place: string): Operation & Record<string, any> {
  const [method = '', path = ''] = place.split(' ')
  const operation = document.paths[path]?.[method.toLowerCase()]
  if (operation === undefined) throw new TypeError(`${place} is none of ${Object.keys(document.paths).join(', ')}`)
  return operation as Operation
}
