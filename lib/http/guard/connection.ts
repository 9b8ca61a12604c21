import type { IncomingHttpHeaders } from 'node:http'

/** What a connection is asked to do after the answer. */
const persistence: ReadonlySet<string> = new Set(['close', 'keep-alive'])
/** What the request cannot be without; it was read by them already. */
const framing: ReadonlySet<string> = new Set(['content-length', 'host', 'transfer-encoding'])

/** What a `Connection` header says. */
export interface ConnectionOptions {
  /** The options about the connection itself. */
  kept: string
  /** The headers that are for this hop only (RFC 9110, section 7.6.1), in lower case. */
  listed: string[]
}

/**
 * Reads a `Connection` header. Null: it is about the connection alone, as almost all are.
 *
 * Whoever passes a request on takes off what is listed there. That is done where requests come in: later, a client could
 * take off what the gateway has put on.
 */
export function readConnection(header: string): ConnectionOptions | null {
  if (header === 'keep-alive' || header === 'close') return null
  const options = header
    .toLowerCase()
    .split(',')
    .map(option => option.trim())
    .filter(option => option !== '')
  if (options.every(option => persistence.has(option))) return null
  return {
    kept: options.filter(option => persistence.has(option)).join(', '),
    listed: options.filter(option => !persistence.has(option) && !framing.has(option))
  }
}

/**
 * Whether a request asks to go on in another protocol (RFC 9110, section 7.8). It is answered as if it did not; but Node's
 * parser has dropped what came with it and behind it, and would begin anew in the middle of another request.
 */
export function asksForUpgrade({ connection = '', upgrade }: IncomingHttpHeaders): boolean {
  return upgrade !== undefined && connection.toLowerCase().includes('upgrade')
}
