import Fastify from 'fastify'
import t from 'tap'
import type { ChannelEvent } from '../../../lib/upstream/channel/events.ts'
import { createEventLog } from '../../../plugins/upstreams/event-log.ts'

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
  ],
  [{ type: 'resolvable' }, { level: info, msg: 'name can be resolved again' }]
]

/** A log, and the lines in it. */
function setUp() {
  const written: { msg: string; level: number; endpoint?: string }[] = []
  const { log } = Fastify({ logger: { stream: { write: (text: string) => void written.push(JSON.parse(text)) } } })
  return { written, logEvent: createEventLog(log, 'product') }
}

for (const [event, line] of lines) {
  t.test(`the log says: ${JSON.stringify(event)}`, async t => {
    const { written, logEvent } = setUp()
    logEvent(event)
    t.match(written[0], { upstream: 'product', ...line })
  })
}

t.test('an endpoint that stays away is told once, and again after it was there', async t => {
  const { written, logEvent } = setUp()
  const lost = { type: 'lost', address, error } as const
  for (let attempt = 0; attempt < 100; attempt++) logEvent(lost)
  t.equal(written.length, 1)
  logEvent({ ...lost, address: '10.0.0.8:9002' })
  t.equal(written.length, 2, 'another endpoint')
  logEvent({ type: 'connected', address })
  logEvent(lost)
  t.same(
    written.slice(2).map(({ msg }) => msg),
    ['endpoint connected', 'no connection to endpoint']
  )
})

t.test('a name that stays unknown is told once, and again after it was known', async t => {
  const { written, logEvent } = setUp()
  logEvent({ type: 'unresolved', error })
  // Another name of the target.
  logEvent({ type: 'resolved', addresses: [address] })
  for (const type of ['unresolved', 'resolvable', 'unresolved'] as const) {
    logEvent(type === 'resolvable' ? { type } : { type, error })
  }
  t.same(
    written.map(({ msg }) => msg),
    ['name cannot be resolved', 'endpoints changed', 'name can be resolved again', 'name cannot be resolved']
  )
})
