import type { DescMethod, DescService } from '@bufbuild/protobuf'
import type { HttpRule } from '../httprule/rules.ts'
import type { CommentOf } from './comments.ts'
import { Components } from './components.ts'
import { createDialects, detailDialect } from './dialects.ts'
import { errorComponents } from './errors.ts'
import { bearerScheme, operationOf } from './operation.ts'
import { isOpen } from './path.ts'
import { createPaths } from './paths.ts'
import { headerComponents } from './responses.ts'
import type { DescribedRoute } from './route.ts'
import type { Info, OpenApiDocument } from './types.ts'

export interface DocumentOptions {
  info: Info
  commentOf: CommentOf
}

/**
 * Describes routes as an OpenAPI 3.1 document. The same routes, in the same order, make the same document.
 *
 * @param routes no two of the same method match the same paths.
 */
export function openApiDocument(
  routes: readonly DescribedRoute[],
  { info, commentOf }: DocumentOptions
): OpenApiDocument {
  const components = new Components()
  const dialectsOf = createDialects(routes, components, commentOf)
  const paths = createPaths()
  const ids = createOperationIds()
  for (const route of specificFirst(routes)) {
    const { request, response } = dialectsOf(route)
    const methods = methodsOf(route.rule)
    const operationId = ids(route.rule)
    const served = routes.filter(({ rule }) => rule.method.parent === route.rule.method.parent)
    for (const method of methods) {
      const place = paths.placeFor(route.rule, method)
      if (place === null) continue
      const id = methods.length === 1 ? operationId : `${operationId}.${method.toLowerCase()}`
      place.add(operationOf({ ...route, ...place, served, operationId: id, request, response }))
    }
  }
  const responses = errorComponents(detailDialect(components))
  const document: OpenApiDocument = {
    openapi: '3.1.1',
    info,
    tags: servicesOf(routes).map(service => ({ name: service.typeName, description: commentOf(service) || undefined })),
    paths: paths.items,
    components: {
      schemas: components.schemas(),
      responses,
      headers: headerComponents,
      securitySchemes: { [bearerScheme]: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } }
    }
  }
  // What is undefined is not part of it.
  return JSON.parse(JSON.stringify(document))
}

function servicesOf(routes: readonly DescribedRoute[]): DescService[] {
  return [...new Set(routes.map(({ rule }) => rule.method.parent))]
}

/** What stands for any method: without those that the gateway may answer itself, and those that few have heard of. */
const anyMethod = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']

function methodsOf({ httpMethod }: HttpRule): readonly string[] {
  return httpMethod === '*' ? anyMethod : [httpMethod]
}

/** A rule gives way to those that serve a part of its paths or methods: these take their places first. */
function specificFirst(routes: readonly DescribedRoute[]): DescribedRoute[] {
  const rank = ({ rule }: DescribedRoute) => (isOpen(rule) ? 2 : 0) + (rule.httpMethod === '*' ? 1 : 0)
  return routes.toSorted((a, b) => rank(a) - rank(b))
}

/** Names operations after their rpcs; the additional bindings of an rpc are counted. */
function createOperationIds(): (rule: HttpRule) => string {
  const counts = new Map<DescMethod, number>()
  return ({ method }) => {
    const count = (counts.get(method) ?? 0) + 1
    counts.set(method, count)
    const name = `${method.parent.typeName}.${method.name}`
    return count === 1 ? name : `${name}.${count}`
  }
}
