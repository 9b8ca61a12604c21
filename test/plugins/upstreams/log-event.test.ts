import Fastify from 'fastify'
import t from 'tap'
import type { ChannelEvent } from '../../../lib/upstream/channel/events.ts'
import { logEvent } from '../../../plugins/upstreams/log-event.ts'

const warn = 40
const info = 30
const address = '10.0.0.7:9002'
const error = new Error('refused')

const lines: [ChannelEvent, object][] = [
  [
    { type: 'connected', address },
    { level: info, msg: 'endpoint connected', endpoint: address }
  ],
  [
    { type: 'lost', address, error: null },
    { level: info, msg: 'endpoint ended its connection', endpoint: address }
  ],
  [
    { type: 'lost', address, error },
    { level: warn, msg: 'no connection to endpoint', endpoint: address, err: { message: 'refused' } }
  ],
  [
    { type: 'health', address, health: 'not serving' },
    { level: warn, msg: 'endpoint changed its health', endpoint: address, health: 'not serving' }
  ],
  [
    { type: 'health', address, health: 'serving' },
    { level: info, msg: 'endpoint changed its health', endpoint: address, health: 'serving' }
  ],
  [
    { type: 'ejected', address, reason: 'consecutive failures', forMs: 30_000 },
    { level: warn, msg: 'endpoint ejected', endpoint: address, reason: 'consecutive failures', for_ms: 30_000 }
  ],
  [
    { type: 'returned', address },
    { level: info, msg: 'endpoint returned', endpoint: address }
  ],
  [
    { type: 'resolved', addresses: [address] },
    { level: info, msg: 'endpoints changed', endpoints: [address] }
  ],
  [
    { type: 'unresolved', error },
    { level: warn, msg: 'name cannot be resolved', err: { message: 'refused' } }
  ]
]

for (const [event, line] of lines) {
  t.test(`the log says: ${JSON.stringify(event)}`, async t => {
    const written: string[] = []
    const { log } = Fastify({ logger: { stream: { write: (text: string) => void written.push(text) } } })
    logEvent(log, 'product', event)
    t.match(JSON.parse(written[0]!), { upstream: 'product', ...line })
  })
}
