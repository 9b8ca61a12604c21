import type { IncomingMessage } from 'node:http'

/** The path and the query as they were sent. */
export function splitUrl({ url = '' }: Pick<IncomingMessage, 'url'>): { rawPath: string; rawQuery: string } {
  const mark = url.indexOf('?')
  return mark === -1 ? { rawPath: url, rawQuery: '' } : { rawPath: url.slice(0, mark), rawQuery: url.slice(mark + 1) }
}

/** Whether a request has a body, also one that nobody reads (RFC 9112, section 6). */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}
