import type { IncomingMessage } from 'node:http'
import { RequestError } from '../../../errors.ts'
import { closing, malformed } from './malformed.ts'

/** A list of codings, each with its parameters (RFC 9112, section 7); what is none is malformed and not just unknown. */
const codings = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*[;=][^,]*)?(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+(?:[ \t]*[;=][^,]*)?)*$/

/**
 * Checks what says where a request ends, and by which version of HTTP. What Node's parser refuses by itself never gets
 * here, such as both lengths at once.
 *
 * @throws {RequestError} SLUICE_ERR_REQUEST_MALFORMED, SLUICE_ERR_HTTP_VERSION, SLUICE_ERR_TRANSFER_ENCODING or
 * SLUICE_ERR_EXPECTATION; all of them end the connection.
 */
export function checkFraming({ httpVersion, headers }: Pick<IncomingMessage, 'httpVersion' | 'headers'>): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    if (httpVersion === '0.9') throw malformed('the request line has no version')
    // HTTP/2 is no text: a request that says so in HTTP/1 goes to a parser that does not know what it reads.
    throw new RequestError('SLUICE_ERR_HTTP_VERSION', { headers: closing })
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined) checkTransferEncoding(coding, httpVersion)
  const { expect } = headers
  if (expect !== undefined && httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') {
    throw new RequestError('SLUICE_ERR_EXPECTATION', { headers: closing })
  }
}

/** Node reads what it takes for `chunked`, and leaves the other codings to nobody (RFC 9112, section 6.1). */
function checkTransferEncoding(coding: string, httpVersion: string): void {
  if (httpVersion === '1.0') throw malformed('HTTP/1.0 has no Transfer-Encoding')
  if (coding.toLowerCase() === 'chunked') return
  if (!codings.test(coding)) throw malformed('Transfer-Encoding is no list of codings')
  throw new RequestError('SLUICE_ERR_TRANSFER_ENCODING', { headers: closing })
}
