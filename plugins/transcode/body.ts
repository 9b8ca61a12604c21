import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkCharset, checkEncoding, jsonType } from '../../lib/http/guard/content.ts'
import type { HttpRule } from '../../lib/httprule/rules.ts'
import { rawBodyToWire, takesRawBody } from '../../lib/stream/http-body.ts'

/**
 * How the body of a request reaches its handler. `json`: the JSON text as a whole. `raw`: anything, as the wire bytes of a
 * google.api.HttpBody. `stream`: as it comes.
 */
export type BodyKind = 'json' | 'raw' | 'stream'

/** How the body of requests by this rule is taken. */
export function bodyKindOf(rule: HttpRule): BodyKind {
  if (rule.method.methodKind === 'client_streaming' && rule.body !== '') return 'stream'
  return takesRawBody(rule) ? 'raw' : 'json'
}

/** Takes JSON, and no other bodies, as they came: undefined when they are empty. JSON is UTF-8 (RFC 8259, section 8.1). */
export function takeJsonBodies(gateway: FastifyInstance): void {
  gateway.removeAllContentTypeParsers()
  gateway.addContentTypeParser(jsonType, { parseAs: 'buffer' }, async ({ headers }: FastifyRequest, body: Buffer) => {
    checkEncoding(headers)
    checkCharset(headers['content-type'] ?? '')
    return body.length === 0 ? undefined : body
  })
}

/**
 * Calls `addRoutes` with a scope whose routes take bodies of this kind. JSON is what the gateway takes anyway; all other
 * kinds are of any content type, and Fastify has parsers of bodies by scope and not by route.
 */
export function withBodies(
  gateway: FastifyInstance,
  kind: BodyKind,
  addRoutes: (scope: FastifyInstance) => void
): void {
  if (kind === 'json') {
    addRoutes(gateway)
    return
  }
  gateway.register(async function rawBodies(scope) {
    scope.removeAllContentTypeParsers()
    if (kind === 'stream') {
      scope.addContentTypeParser('*', ({ headers }, payload, done) => {
        checkEncoding(headers)
        done(null, payload)
      })
    } else {
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, async ({ headers }: FastifyRequest, body: Buffer) => {
        checkEncoding(headers)
        return rawBodyToWire(headers['content-type'] ?? '', body)
      })
    }
    addRoutes(scope)
  })
}
