import type { IncomingMessage } from 'node:http'
import { malformed } from './malformed.ts'

/** A name of DNS or an address, and a port: the part of RFC 3986, section 3.2.2, that hosts are made of. */
const authority = /^(?:[\w.~-]{1,255}|\[[\da-fA-F:.]{2,45}\])(?::\d{0,5})?$/

/**
 * Checks that a request says which host it is for. HTTP/1.0 need not. A request whose target is a whole URL is for the host
 * of that one, whatever `Host` says (RFC 9112, section 3.2.2): so it will say the same.
 *
 * @param target as it was sent.
 * @throws {RequestError} SLUICE_ERR_REQUEST_MALFORMED
 */
export function checkHost({ httpVersion, headers }: Pick<IncomingMessage, 'httpVersion' | 'headers'>, target: string) {
  const { host } = headers
  if (host === undefined) {
    if (httpVersion !== '1.0') throw malformed('Host is missing')
  } else if (!authority.test(host)) {
    throw malformed('Host must be a name or an address')
  }
  if (target.charCodeAt(0) === slash || target === '*') return
  const named = authorityOf(target)
  if (named === null || !authority.test(named)) throw malformed('the target must be for a name or an address')
  headers.host = named
}

const slash = 0x2f

function authorityOf(target: string): string | null {
  return /^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? null
}
