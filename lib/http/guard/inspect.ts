import type { IncomingMessage } from 'node:http'
import { readConnection } from './connection.ts'
import { checkFraming } from './framing.ts'
import { changeHeaders, checkHeaderCount, type HeaderChanges, type IsInternal } from './headers.ts'
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
    if (changes !== null) changeHeaders(request, changes)
  }

  /** Null: a request may have all its headers, as almost all do. */
  function changesOf({ headers, socket }: IncomingMessage, names: readonly string[]): HeaderChanges | null {
    let changes: HeaderChanges | null = null
    for (const name of names) {
      if (!isInternal(name) && !(isForwarding(name) && !isTrusted(socket.remoteAddress))) continue
      changes ??= new Map()
      changes.set(name, undefined)
    }
    const options = headers.connection === undefined ? null : readConnection(headers.connection)
    if (options !== null) {
      changes ??= new Map()
      for (const name of options.listed) changes.set(name, undefined)
      changes.set('connection', options.kept || undefined)
    }
    const forwardedFor = headers['x-forwarded-for']
    if (forwardedFor !== undefined && !changes?.has('x-forwarded-for')) {
      const bounded = boundForwardedFor(String(forwardedFor), maxForwardedFor)
      if (bounded === forwardedFor) return changes
      changes ??= new Map()
      changes.set('x-forwarded-for', bounded || undefined)
    }
    return changes
  }
}

function isForwarding(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip'
}
