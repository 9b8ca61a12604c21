import type { Transport } from '@connectrpc/connect'
import type { Histogram, Tracer } from '@opentelemetry/api'
import { type UpstreamCircuit, withBreaker } from '../../lib/policies/breaker.ts'
import type { BreakerState } from '../../lib/policies/breaker-module.ts'
import { Bulkhead, withBulkhead } from '../../lib/policies/bulkhead.ts'
import { withTranslatedErrors } from '../../lib/policies/connection.ts'
import { withDeadline } from '../../lib/policies/deadline.ts'
import { withHedging } from '../../lib/policies/hedge.ts'
import { withIdentity } from '../../lib/policies/identity.ts'
import { withRetry } from '../../lib/policies/retry.ts'
import { RetryBudget } from '../../lib/policies/retry-budget.ts'
import { withTrace } from '../../lib/policies/trace.ts'
import { type Channel, createChannel } from '../../lib/upstream/channel/channel.ts'
import type { ChannelEvent } from '../../lib/upstream/channel/events.ts'
import type { ChannelState } from '../../lib/upstream/channel/state.ts'
import { createTransport } from '../../lib/upstream/grpc/connect-transport.ts'
import { createWire, type Wire } from '../../lib/upstream/grpc/wire.ts'
import { checkUpstreamSettings, type UpstreamOptions } from './options.ts'

/** An upstream as JSON, for people. */
export interface UpstreamState extends ChannelState {
  circuit: BreakerState
  /** Unary calls. */
  calls: { inFlight: number; waiting: number }
  streams: { open: number }
}

/** What services are called through. */
export interface Upstream extends Pick<Channel, 'name' | 'isServing' | 'close'> {
  state(): UpstreamState
  /** Calls in bytes. */
  readonly wire: Wire
  /** Calls in messages, for generated clients. */
  readonly transport: Transport
  /** Unary calls that are under way, and that wait for one of them to end. */
  readonly calls: Bulkhead
  /** Streams that are open. */
  readonly streams: Bulkhead
}

/** What came of a call that failed, or took long: it was made again, or beside itself, or would have been. */
export type RepeatOutcome = 'retried' | 'hedged' | 'over budget'

export interface CreateUpstreamOptions {
  name: string
  options: UpstreamOptions
  circuit: UpstreamCircuit
  tracer: Tracer
  /** `rpc.client.duration`, in milliseconds. */
  duration: Histogram
  /** The deadline of calls that nobody named one for, and how long a stream may take to begin, in milliseconds. */
  timeoutMs: number
  /** The token of the gateway itself. */
  serviceToken: () => string
  onEvent: (event: ChannelEvent) => void
  onRepeat: (outcome: RepeatOutcome) => void
}

const defaultWriteMaxBytes = 1024 * 1024

/**
 * The way of a call: within its deadline, when the circuit lets it and there is a place, signed and traced, made again when
 * that helps, over the channel.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export function createUpstream(parts: CreateUpstreamOptions): Upstream {
  const { name, options, circuit, tracer, duration, timeoutMs, serviceToken, onEvent, onRepeat } = parts
  const { bulkhead, maxStreams = 10_000, maxAttempts = 3, retryBudget, service: _, ...channelOptions } = options
  checkUpstreamSettings(name, options)
  const channel = createChannel({ ...channelOptions, name, headersTimeoutMs: timeoutMs, onEvent })
  const calls = new Bulkhead(bulkhead)
  const streams = new Bulkhead({ maxInFlight: maxStreams, maxWaiting: 0 })
  const budget = new RetryBudget(retryBudget)
  const wire = createWire({
    send: channel.send,
    writeMaxBytes: options.writeMaxBytes ?? defaultWriteMaxBytes,
    policies: [
      withDeadline({ defaultMs: timeoutMs }),
      // A call that the circuit refuses is no call, and has no span of one.
      withBreaker(circuit, tracer),
      withBulkhead({ calls, streams }),
      withIdentity(serviceToken),
      withTrace({ tracer, duration, target: options.target }),
      withHedging({ budget, onHedge: (_call, outcome) => onRepeat(outcome) }),
      withRetry({ budget, maxAttempts, onRetry: (_call, outcome) => onRepeat(outcome) }),
      withTranslatedErrors()
    ]
  })
  return {
    name,
    wire,
    transport: createTransport(wire),
    calls,
    streams,
    state: () => ({
      ...channel.state(),
      circuit: circuit.breaker.state,
      calls: { inFlight: calls.inFlight, waiting: calls.waiting },
      streams: { open: streams.inFlight }
    }),
    isServing: ms => channel.isServing(ms),
    close: () => channel.close()
  }
}
