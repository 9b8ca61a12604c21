import type { BatchObservableCallback, Counter, Meter, ObservableGauge } from '@opentelemetry/api'
import type { ChannelEvent } from '../../lib/upstream/channel/events.ts'
import type { EndpointState } from '../../lib/upstream/channel/state.ts'
import type { RepeatOutcome, Upstream, UpstreamState } from './create-upstream.ts'

/** What upstreams are measured by. `name` is that of the upstream, `endpoint` an address that its target stands for. */
export interface Instruments {
  /** A call was made again, or would have been. */
  onRepeat(name: string, outcome: RepeatOutcome): void
  onEvent(name: string, event: ChannelEvent): void
  /** The upstreams are closed: they are not read any more. */
  close(): void
}

/** A gauge, and how it is read. */
type Reading<State> = [gauge: ObservableGauge, measure: (state: State) => number]

/** What is measured of an endpoint. */
type Measured = Pick<EndpointState, 'connection' | 'health' | 'ejectedUntil' | 'inFlight'>

const gone: Measured = { connection: 'idle', health: 'unknown', ejectedUntil: null, inFlight: 0 }

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
  return {
    onRepeat: (name, outcome) => repeats.add(1, { name, outcome }),
    onEvent: (name, event) => count(name, event, ejections, losses),
    close: observe(meter, upstreams)
  }
}

function count(name: string, event: ChannelEvent, ejections: Counter, losses: Counter): void {
  if (event.type === 'ejected') ejections.add(1, { name, endpoint: event.address, reason: event.reason })
  // Without an error the server ended it, as is its right.
  if (event.type === 'lost' && event.error !== null) losses.add(1, { name, endpoint: event.address })
}

/**
 * All of an upstream is read from one look at it.
 *
 * @returns what ends it
 */
function observe(meter: Meter, upstreams: Readonly<Record<string, Upstream>>): () => void {
  const ofUpstream = createUpstreamGauges(meter)
  const ofEndpoint = createEndpointGauges(meter)
  const gauges = [...ofUpstream, ...ofEndpoint].map(([gauge]) => gauge)
  /** The addresses of the last time, by the name of the upstream. */
  const told = new Map<string, ReadonlySet<string>>()
  const read: BatchObservableCallback = result => {
    for (const [name, upstream] of Object.entries(upstreams)) {
      const state = upstream.state()
      for (const [gauge, measure] of ofUpstream) result.observe(gauge, measure(state), { name })
      const endpoints = byAddress(state.endpoints)
      const addresses = new Set(endpoints.keys())
      // A gauge keeps its last value: that of an endpoint that is gone must not be that it is connected.
      for (const address of new Set([...addresses, ...(told.get(name) ?? [])])) {
        const endpoint = endpoints.get(address) ?? gone
        for (const [gauge, measure] of ofEndpoint) result.observe(gauge, measure(endpoint), { name, endpoint: address })
      }
      told.set(name, addresses)
    }
  }
  meter.addBatchObservableCallback(read, gauges)
  return () => meter.removeBatchObservableCallback(read, gauges)
}

/**
 * One for each address. There may be two: one that left and came back while its old calls go on, or one that serves two
 * names. The first tells how it is, since those that left come last.
 */
function byAddress(endpoints: readonly EndpointState[]): Map<string, Measured> {
  const found = new Map<string, Measured>()
  for (const endpoint of endpoints) {
    const first = found.get(endpoint.address)
    const inFlight = endpoint.inFlight + (first?.inFlight ?? 0)
    found.set(endpoint.address, { ...(first ?? endpoint), inFlight })
  }
  return found
}

function createUpstreamGauges(meter: Meter): Reading<UpstreamState>[] {
  const inFlight = meter.createObservableGauge('upstream.calls.in_flight', {
    description: 'Unary calls that are under way.'
  })
  const waiting = meter.createObservableGauge('upstream.calls.waiting', {
    description: 'Unary calls that wait for another to end, since too many are under way.'
  })
  const open = meter.createObservableGauge('upstream.streams.open', { description: 'Streams that are open.' })
  const unconnected = meter.createObservableGauge('upstream.connection.waiting', {
    description: 'Calls that wait for a connection, or a free stream on one.'
  })
  return [
    [inFlight, ({ calls }) => calls.inFlight],
    [waiting, ({ calls }) => calls.waiting],
    [open, ({ streams }) => streams.open],
    [unconnected, state => state.waiting]
  ]
}

function createEndpointGauges(meter: Meter): Reading<Measured>[] {
  const connected = meter.createObservableGauge('upstream.endpoint.connected', {
    description: '1: connected, and not about to leave. 0: not.'
  })
  const serving = meter.createObservableGauge('upstream.endpoint.serving', {
    description: '1: it says that it serves. 0: it says that it does not. -1: it says nothing.'
  })
  const ejected = meter.createObservableGauge('upstream.endpoint.ejected', {
    description: '1: left alone for a while, since its calls failed. 0: not.'
  })
  const inFlight = meter.createObservableGauge('upstream.endpoint.in_flight', {
    description: 'Attempts that are under way.'
  })
  const servingValues = { serving: 1, 'not serving': 0, unknown: -1 }
  return [
    [connected, ({ connection }) => (connection === 'ready' ? 1 : 0)],
    [serving, ({ health }) => servingValues[health]],
    [ejected, ({ ejectedUntil }) => (ejectedUntil === null ? 0 : 1)],
    [inFlight, endpoint => endpoint.inFlight]
  ]
}
