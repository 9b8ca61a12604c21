import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent } from '../../lib/upstream/channel/events.ts'

/**
 * Logs what happens to an upstream: what an operator may want to act on as a warning, the rest as information. An endpoint
 * that stays away, and a name that stays unknown, are told once; that they are tried again in vain is for `debug`.
 */
export function createEventLog(log: FastifyBaseLogger, upstream: string): (event: ChannelEvent) => void {
  const away = new Set<string>()
  let isUnresolved = false

  /** Whether it only goes on as it was told. */
  function isKnown(event: ChannelEvent): boolean {
    if (event.type === 'lost' && event.error !== null) return isSeen(away, event.address)
    if (event.type === 'connected') away.delete(event.address)
    if (event.type === 'resolved') {
      // Those that are gone are forgotten: there may be ever new ones.
      for (const address of away) if (!event.addresses.includes(address)) away.delete(address)
    }
    const isGoingOn = event.type === 'unresolved' && isUnresolved
    if (event.type === 'unresolved' || event.type === 'resolvable') isUnresolved = event.type === 'unresolved'
    return isGoingOn
  }

  return function logEvent(event) {
    const [level, message, fields] = describe(event)
    log[isKnown(event) ? 'debug' : level]({ upstream, ...fields }, message)
  }
}

function isSeen(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return true
  seen.add(key)
  return false
}

function describe(event: ChannelEvent): [level: 'info' | 'warn', message: string, fields: object] {
  switch (event.type) {
    case 'connected':
      return ['info', 'endpoint connected', { endpoint: event.address }]
    case 'lost':
      if (event.error === null) return ['info', 'endpoint ended its connection', { endpoint: event.address }]
      return ['warn', 'no connection to endpoint', { endpoint: event.address, err: event.error }]
    case 'health': {
      const level = event.health === 'not serving' ? 'warn' : 'info'
      return [level, 'endpoint changed its health', { endpoint: event.address, health: event.health }]
    }
    case 'ejected': {
      const { address: endpoint, reason, forMs } = event
      return ['warn', 'endpoint ejected', { endpoint, reason, for_ms: forMs }]
    }
    case 'returned':
      return ['info', 'endpoint returned', { endpoint: event.address }]
    case 'resolved':
      return ['info', 'endpoints changed', { endpoints: event.addresses }]
    case 'unresolved':
      return ['warn', 'name cannot be resolved', { err: event.error }]
    case 'resolvable':
      return ['info', 'name can be resolved again', {}]
  }
}
