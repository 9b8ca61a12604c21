import type { DescService } from '@bufbuild/protobuf'
import { type Client, createClient } from '@connectrpc/connect'
import { withDeadline } from '../../lib/policies/deadline.ts'
import { withRetry } from '../../lib/policies/retry.ts'
import { RetryBudget } from '../../lib/policies/retry-budget.ts'
import { createChannel } from '../../lib/upstream/channel/channel.ts'
import type { Policy } from '../../lib/upstream/grpc/call.ts'
import { createTransport } from '../../lib/upstream/grpc/connect-transport.ts'
import { createWire } from '../../lib/upstream/grpc/wire.ts'
import type { Tokens } from './identity.ts'
import { currentRequestId, traceCalls } from './telemetry.ts'

/** The most that one message may hold, of a request and of an answer: what services read. */
const maxMessageBytes = 4 * 1024 * 1024

/** Shorter than a call has time, so that one that begins while a service restarts is often answered. */
const backoff = { baseMs: 100, maxMs: 2_000 }

export interface ServiceClientOptions {
  /** Where the service is, such as `http://host:port`: see docs/upstreams.md. */
  target: string
  tokens: Tokens
  /** The name that the calls are made under, such as `order-service`. */
  as: string
  /** The deadline of a call that names none, in milliseconds. Default 1000. */
  timeoutMs?: number
  /** Whether names other than `localhost` may have an address of this machine. Default false. */
  allowLoopback?: boolean
}

/** A client, and the end of its connections: `client[Symbol.dispose]()`. */
export type ServiceClient<Service extends DescService> = Client<Service> & Disposable

/**
 * A typed client of another service, over the gateway's own channel: it connects with the first call, and again by itself.
 * Every call carries a service token, the trace, the request id and a deadline; pass `{ timeoutMs, signal }` per call to
 * narrow it. Errors are ConnectErrors.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID for a target that is none.
 */
export function createServiceClient<Service extends DescService>(
  service: Service,
  { target, tokens, as, timeoutMs = 1_000, allowLoopback = false }: ServiceClientOptions
): ServiceClient<Service> {
  const channel = createChannel({
    name: service.typeName,
    target,
    backoff,
    resolve: { allowLoopback },
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
    headersTimeoutMs: timeoutMs
  })
  const wire = createWire({
    send: channel.send,
    writeMaxBytes: maxMessageBytes,
    policies: [
      withDeadline({ defaultMs: timeoutMs }),
      introduce(tokens, as),
      traceCalls(target),
      withRetry({ budget: new RetryBudget() })
    ]
  })
  return Object.assign(createClient(service, createTransport(wire)), {
    [Symbol.dispose]() {
      channel.close()
    }
  })
}

/**
 * Says who calls, and for which request. Of the calls, those that were never sent are made again and no others: what else
 * may be, and for how long, the flow of an order decides, which outlasts any call.
 */
function introduce(tokens: Tokens, name: string): Policy {
  return next => async call => {
    call.metadata.set('authorization', `Bearer ${await tokens.signService(name)}`)
    const requestId = currentRequestId()
    if (requestId !== null) call.metadata.set('x-request-id', requestId)
    return next({ ...call, repeatable: 'unsent' })
  }
}
