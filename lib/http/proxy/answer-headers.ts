import { type IncomingHttpHeaders, type OutgoingHttpHeaders, validateHeaderValue } from 'node:http'
import { RequestError } from '../../../errors.ts'
import { readConnection } from '../guard/connection.ts'
import { type Mapping, publicLocation } from './location.ts'

/** For one hop only (RFC 9110, section 7.6.1). */
const ofThisHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/**
 * The headers of an answer as the client gets them. A redirection within the upstream becomes one within the prefix.
 *
 * @throws {RequestError} SLUICE_ERR_UPSTREAM_INVALID for a value that no header can have
 */
export function answerHeaders(headers: IncomingHttpHeaders, mapping: Mapping): OutgoingHttpHeaders {
  const listed = new Set(readConnection([headers.connection ?? ''].flat().join(','))?.listed)
  const told: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || ofThisHop.has(name) || listed.has(name)) continue
    told[name] = name === 'location' ? publicLocation(String(value), mapping) : value
    checkValue(name, value)
  }
  return told
}

function checkValue(name: string, value: string | string[]): void {
  try {
    for (const each of [value].flat()) validateHeaderValue(name, each)
  } catch (cause) {
    throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause })
  }
}
