import type { Counter, Meter } from '@opentelemetry/api'
import type { ChannelEvent } from '../../lib/upstream/channel/events.ts'
import type { EndpointState } from '../../lib/upstream/channel/state.ts'
import type { RepeatOutcome, Upstream } from './create-upstream.ts'

/** What upstreams are measured by. `name` is that of the upstream, `endpoint` an address that its target stands for. */
export interface Instruments {
  /** A call was made again, or would have been. */
  onRepeat(name: string, outcome: RepeatOutcome): void
  onEvent(name: string, event: ChannelEvent): void
}

/** What each endpoint is shown by, and how it is read. */
const endpointGauges: Readonly<Record<string, { description: string; read(endpoint: EndpointState): number }>> = {
  'upstream.endpoint.connected': {
    description: '1: connected, and not about to leave. 0: not.',
    read: ({ connection }) => (connection === 'ready' ? 1 : 0)
  },
  'upstream.endpoint.serving': {
    description: '1: it says that it serves. 0: it says that it does not. -1: it says nothing.',
    read: ({ health }) => ({ serving: 1, 'not serving': 0, unknown: -1 })[health]
  },
  'upstream.endpoint.ejected': {
    description: '1: left alone for a while, since its calls failed. 0: not.',
    read: ({ ejectedUntil }) => (ejectedUntil === null ? 0 : 1)
  },
  'upstream.endpoint.in_flight': {
    description: 'Attempts that are under way.',
    read: ({ inFlight }) => inFlight
  }
}

/** What each upstream is shown by, and how it is read. */
const upstreamGauges: Readonly<Record<string, { description: string; read(upstream: Upstream): number }>> = {
  'upstream.calls.in_flight': { description: 'Unary calls that are under way.', read: ({ calls }) => calls.inFlight },
  'upstream.calls.waiting': {
    description: 'Unary calls that wait for another to end, since too many are under way.',
    read: ({ calls }) => calls.waiting
  },
  'upstream.streams.open': { description: 'Streams that are open.', read: ({ streams }) => streams.inFlight },
  'upstream.connection.waiting': {
    description: 'Calls that wait for a connection, or a free stream on one.',
    read: upstream => upstream.state().waiting
  }
}

/** Creates the instruments; `upstreams` is read whenever they are. */
export function createInstruments(meter: Meter, upstreams: Readonly<Record<string, Upstream>>): Instruments {
  const repeats = meter.createCounter('upstream.calls.repeated', {
    description: 'Calls that were made again (retried), or beside themselves (hedged), or not, for want of budget.'
  })
  const ejections = meter.createCounter('upstream.endpoint.ejections', {
    description: 'Times that endpoints were ejected, by reason.'
  })
  const losses = meter.createCounter('upstream.endpoint.losses', {
    description: 'Connections that were lost, or could not be had.'
  })
  observeUpstreams(meter, upstreams)
  observeEndpoints(meter, upstreams)
  return {
    onRepeat: (name, outcome) => repeats.add(1, { name, outcome }),
    onEvent: (name, event) => count(name, event, ejections, losses)
  }
}

function count(name: string, event: ChannelEvent, ejections: Counter, losses: Counter): void {
  if (event.type === 'ejected') ejections.add(1, { name, endpoint: event.address, reason: event.reason })
  // Without an error the server ended it, as is its right.
  if (event.type === 'lost' && event.error !== null) losses.add(1, { name, endpoint: event.address })
}

function observeUpstreams(meter: Meter, upstreams: Readonly<Record<string, Upstream>>): void {
  for (const [gauge, { description, read }] of Object.entries(upstreamGauges)) {
    meter.createObservableGauge(gauge, { description }).addCallback(result => {
      for (const [name, upstream] of Object.entries(upstreams)) result.observe(read(upstream), { name })
    })
  }
}

function observeEndpoints(meter: Meter, upstreams: Readonly<Record<string, Upstream>>): void {
  const gauges = Object.entries(endpointGauges).map(([gauge, { description, read }]) => ({
    gauge: meter.createObservableGauge(gauge, { description }),
    read
  }))
  // All of an endpoint from one look at it.
  meter.addBatchObservableCallback(
    result => {
      for (const [name, upstream] of Object.entries(upstreams)) {
        for (const endpoint of upstream.state().endpoints) {
          const attributes = { name, endpoint: endpoint.address }
          for (const { gauge, read } of gauges) result.observe(gauge, read(endpoint), attributes)
        }
      }
    },
    gauges.map(({ gauge }) => gauge)
  )
}
