import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent } from '../../lib/upstream/channel/events.ts'

/** Logs what happens to an upstream: what an operator may want to act on as a warning, the rest as information. */
export function logEvent(log: FastifyBaseLogger, upstream: string, event: ChannelEvent): void {
  const [level, message, fields] = describe(event)
  log[level]({ upstream, ...fields }, message)
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
  }
}
