import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type CommentTable, commentsFrom } from '../lib/openapi/comments.ts'
import { openApiDocument } from '../lib/openapi/document.ts'
import { publicPolicy } from '../lib/policies/route-policy.ts'
import { serveAsset } from './openapi/asset.ts'

export interface OpenapiOptions {
  /** What the API is called. */
  title: string
  /** Its version. */
  version: string
  /** Comments of protos whose generated code has none. Default: none, so that only descriptors that were read have them. */
  comments?: CommentTable
}

const swaggerUi = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static')
const own = join(import.meta.dirname, 'openapi')

/** What the page is made of. The library's plugin is not used: its routes have no policy, and load from a path of their own. */
const assets = [
  { path: '/docs', file: join(own, 'docs.html'), type: 'text/html; charset=utf-8' },
  { path: '/docs/docs.js', file: join(own, 'docs.js'), type: 'text/javascript; charset=utf-8' },
  {
    path: '/docs/swagger-ui-bundle.js',
    file: join(swaggerUi, 'swagger-ui-bundle.js'),
    type: 'text/javascript; charset=utf-8'
  },
  { path: '/docs/swagger-ui.css', file: join(swaggerUi, 'swagger-ui.css'), type: 'text/css; charset=utf-8' }
]

/** Browsers ask each time whether it is still the same, and are told in a few bytes. */
const caching = { 'cache-control': 'no-cache' }

/** The page loads nothing from elsewhere, calls nobody but the gateway, and is in no other page. */
const pageHeaders = {
  ...caching,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer'
}

/**
 * `GET /openapi.json`: the routes that serve rpcs, described as OpenAPI 3.1. `GET /docs`: a page to browse and to try them,
 * all of which comes from the gateway.
 */
export async function openapi(gateway: FastifyInstance, { title, version, comments }: OpenapiOptions) {
  const config = { policy: publicPolicy }
  let json: Buffer | null = null

  // When all routes are there.
  gateway.addHook('onReady', async function describeRoutes() {
    const info = { title, version }
    json = Buffer.from(
      JSON.stringify(openApiDocument(gateway.transcodedRoutes, { info, commentOf: commentsFrom(comments) }))
    )
  })

  gateway.get('/openapi.json', {
    config,
    handler: serveAsset({ load: async () => json!, type: 'application/json; charset=utf-8', headers: caching })
  })
  for (const { path, file, type } of assets) {
    gateway.get(path, { config, handler: serveAsset({ load: () => readFile(file), type, headers: pageHeaders }) })
  }
}

export default fp(openapi, {
  name: 'sluice-openapi',
  fastify: '5.x',
  dependencies: ['sluice-errors', 'sluice-auth', 'sluice-transcoding']
})
