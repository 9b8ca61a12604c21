import type { IncomingMessage } from 'node:http'
import { readConnection } from './connection.ts'
import { checkFraming } from './framing.ts'
import { checkHeaderCount, type IsInternal, replaceHeader } from './headers.ts'
import { checkHost } from './host.ts'
import { boundForwardedFor, type IsTrusted } from './proxies.ts'
import { checkTarget } from './target.ts'

/** What an inspection goes by. */
export interface InspectRules {
  /** Headers that a request may have. */
  maxHeaders: number
  /** Addresses of `X-Forwarded-For` that are kept. */
  maxForwardedFor: number
  isInternal: IsInternal
  isTrusted: IsTrusted
}

/**
 * Checks a request whose headers have been read, and takes off the headers that it may not have.
 *
 * @param target as it was sent.
 * @throws {RequestError}
 */
export type Inspect = (request: IncomingMessage, target: string) => void

/** Compiles the inspection of requests. What says where a request ends comes first. */
export function compileInspect({ maxHeaders, maxForwardedFor, isInternal, isTrusted }: InspectRules): Inspect {
  return (request, target) => {
    const { headers } = request
    checkFraming(request)
    const names = Object.keys(headers)
    checkHeaderCount(request, names, maxHeaders)
    checkHost(request, target)
    checkTarget(target, request.method ?? '')
    for (const name of names) {
      if (isInternal(name) || (isForwarding(name) && !isTrusted(request.socket.remoteAddress))) {
        replaceHeader(request, name, undefined)
      }
    }
    const { connection, 'x-forwarded-for': forwardedFor } = headers
    if (connection !== undefined) cutConnection(request, connection)
    if (forwardedFor !== undefined) boundAddresses(request, String(forwardedFor), maxForwardedFor)
  }
}

function isForwarding(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip'
}

function cutConnection(request: IncomingMessage, header: string): void {
  const options = readConnection(header)
  if (options === null) return
  for (const name of options.listed) replaceHeader(request, name, undefined)
  replaceHeader(request, 'connection', options.kept || undefined)
}

function boundAddresses(request: IncomingMessage, header: string, most: number): void {
  const bounded = boundForwardedFor(header, most)
  if (bounded !== header) replaceHeader(request, 'x-forwarded-for', bounded || undefined)
}
