import type { IncomingMessage } from 'node:http'
import { readConnection } from './connection.ts'
import { checkFraming } from './framing.ts'
import { changeHeaders, checkHeaderCount, type HeaderChange, type IsInternal } from './headers.ts'
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
    const changes = changesOf(request, names)
    if (changes.length > 0) changeHeaders(request, new Map(changes))
  }

  function changesOf({ headers, socket }: IncomingMessage, names: readonly string[]): HeaderChange[] {
    const changes: HeaderChange[] = []
    for (const name of names) {
      if (isInternal(name) || (isForwarding(name) && !isTrusted(socket.remoteAddress))) changes.push([name, undefined])
    }
    const options = headers.connection === undefined ? null : readConnection(headers.connection)
    if (options !== null) {
      for (const name of options.listed) changes.push([name, undefined])
      changes.push(['connection', options.kept || undefined])
    }
    const forwardedFor = headers['x-forwarded-for']
    if (forwardedFor !== undefined && isTrusted(socket.remoteAddress)) {
      const bounded = boundForwardedFor(String(forwardedFor), maxForwardedFor)
      if (bounded !== forwardedFor) changes.push(['x-forwarded-for', bounded || undefined])
    }
    return changes
  }
}

/** Where a request is from, in the words of proxies and of networks in front of them. */
const forwarding: ReadonlySet<string> = new Set([
  'cf-connecting-ip',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-forwarded',
  'x-real-ip'
])

function isForwarding(name: string): boolean {
  return name.startsWith('x-forwarded-') || forwarding.has(name)
}
