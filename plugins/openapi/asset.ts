import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RouteHandlerMethod } from 'fastify'

const compress = promisify(gzip)

/** What is sent as it is, to everybody. */
interface Asset {
  content: Buffer
  compressed: Buffer
  etag: string
}

export interface AssetOptions {
  /** The content; asked for once, with the first request. */
  load: () => Promise<Buffer>
  /** The content type. */
  type: string
  /** Headers of the answer, besides those that are about the content. */
  headers: Readonly<Record<string, string>>
}

/** Serves content that does not change as long as the gateway runs: compressed when the client takes that, and once to each. */
export function serveAsset({ load, type, headers }: AssetOptions): RouteHandlerMethod {
  let asset: Promise<Asset> | null = null
  return async function sendAsset(request, reply) {
    asset ??= load().then(toAsset)
    const { content, compressed, etag } = await asset
    reply.headers(headers).headers({ etag, 'x-content-type-options': 'nosniff', vary: 'accept-encoding' })
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
    reply.type(type)
    if (!takesGzip(request.headers['accept-encoding'])) return reply.send(content)
    return reply.header('content-encoding', 'gzip').send(compressed)
  }
}

async function toAsset(content: Buffer): Promise<Asset> {
  // Weak, as the same tag is for both encodings (RFC 9110, section 8.8.1).
  const etag = `W/"${createHash('sha256').update(content).digest('base64url')}"`
  return { content, compressed: await compress(content), etag }
}

/** RFC 9110, section 13.1.2. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(',').map(tag => tag.trim()) ?? []
  return known.includes(etag) || known.includes('*')
}

/** RFC 9110, section 12.5.3. */
function takesGzip(acceptEncoding = ''): boolean {
  return acceptEncoding.split(',').some(coding => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding))
}
