import type { ServerResponse } from 'node:http'
import type { DescService } from '@bufbuild/protobuf'
import { type Client, createClient } from '@connectrpc/connect'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { InventoryService } from '../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../gen/shop/order/v1/order_pb.ts'
import { PaymentService } from '../gen/shop/payment/v1/payment_pb.ts'
import { ProductService } from '../gen/shop/product/v1/product_pb.ts'
import { UserService } from '../gen/shop/user/v1/user_pb.ts'
import { clientGone } from '../lib/http/client-gone.ts'
import { breakCircuit } from '../lib/policies/breaker.ts'
import { translateConnectionErrors } from '../lib/policies/connection.ts'
import { identifyCaller } from '../lib/policies/identity.ts'
import { traceCalls } from '../lib/policies/trace.ts'
import { type Caller, onBehalfOf } from '../lib/upstream/caller.ts'
import { type Channel, createChannel } from '../lib/upstream/channel.ts'

/** The service behind each upstream. A new upstream is a line here, and a variable in config.ts. */
const services = {
  user: UserService,
  product: ProductService,
  order: OrderService,
  payment: PaymentService,
  inventory: InventoryService
} satisfies Record<string, DescService>

type Services = typeof services

export type UpstreamName = keyof Services

/** A typed client per upstream. */
export type Clients = { readonly [Name in UpstreamName]: Client<Services[Name]> }

const kCaller = Symbol('sluice.caller')
const kClients = Symbol('sluice.clients')
const kResponse = Symbol('sluice.response')

declare module 'fastify' {
  interface FastifyInstance {
    upstreams: Readonly<Record<UpstreamName, Channel>>
  }

  interface FastifyRequest {
    /** The calls of this request are made on behalf of this; made when first asked for. */
    caller: Caller
    /** Clients whose calls have the deadline, the trace and the identity of this request. */
    clients: Clients
    [kCaller]: Caller | null
    [kClients]: Clients | null
    [kResponse]: ServerResponse | null
  }
}

export interface UpstreamsOptions {
  /** `http://host:port` of each upstream. */
  urls: Readonly<Record<UpstreamName, string>>
  /** The deadline of requests whose policy names none, in milliseconds. */
  timeoutMs: number
  /** How long a connection may take to open, in milliseconds. */
  connectTimeoutMs: number
}

/** The channels to the upstreams, and what every call over them goes through: circuit, identity, trace. */
async function upstreams(gateway: FastifyInstance, { urls, timeoutMs, connectTimeoutMs }: UpstreamsOptions) {
  if (!(timeoutMs > 0)) throw invalid('timeoutMs must be above 0')
  if (!(connectTimeoutMs > 0)) throw invalid('connectTimeoutMs must be above 0')
  const duration = gateway.meter.createHistogram('rpc.client.duration', {
    description: 'Duration of calls to upstreams.',
    unit: 'ms'
  })
  const channels = mapServices(name => {
    const circuit = gateway.createCircuit(name)
    const url = urls[name]
    // The first is the outermost: a call that the circuit refuses is no call, and has no span of one.
    const interceptors = [
      breakCircuit(circuit, gateway.tracer),
      identifyCaller(() => gateway.serviceToken()),
      traceCalls({ tracer: gateway.tracer, duration, url }),
      translateConnectionErrors()
    ]
    return createChannel({ url, connectTimeoutMs, defaultTimeoutMs: timeoutMs, interceptors })
  })

  gateway.decorate('upstreams', channels)
  gateway.decorateRequest(kCaller, null)
  gateway.decorateRequest(kClients, null)
  gateway.decorateRequest(kResponse, null)
  gateway.decorateRequest('caller', {
    getter(this: FastifyRequest) {
      this[kCaller] ??= callerOf(this, timeoutMs)
      return this[kCaller]
    }
  })
  gateway.decorateRequest('clients', {
    getter(this: FastifyRequest) {
      this[kClients] ??= createClients(this.caller, channels)
      return this[kClients]
    }
  })

  gateway.addHook('onRequest', function keepResponse(request, reply, done) {
    request[kResponse] = reply.raw
    done()
  })

  gateway.addHook('onClose', async function closeChannels() {
    for (const channel of Object.values(channels)) channel.close()
  })
}

function callerOf(request: FastifyRequest, timeoutMs: number): Caller {
  const deadlineMs = request.routeOptions.config.policy?.deadlineMs ?? null
  const now = performance.now()
  return {
    requestId: request.id,
    trace: request.trace,
    authorization: request.identity?.authorization ?? null,
    signal: clientGone(request[kResponse]!),
    deadline: now + (deadlineMs ?? timeoutMs),
    streamDeadline: deadlineMs === null ? null : now + deadlineMs
  }
}

/** A request asks for few of them, so each is made when it is asked for. */
function createClients(caller: Caller, channels: Record<UpstreamName, Channel>): Clients {
  const made: Partial<Record<UpstreamName, Client<DescService>>> = {}
  const clients = {}
  for (const [name, { transport }] of Object.entries(channels) as [UpstreamName, Channel][]) {
    Object.defineProperty(clients, name, {
      get() {
        made[name] ??= createClient<DescService>(services[name], onBehalfOf(caller, transport))
        return made[name]
      }
    })
  }
  return clients as Clients
}

function mapServices<Value>(map: (name: UpstreamName) => Value): Record<UpstreamName, Value> {
  const names = Object.keys(services) as UpstreamName[]
  return Object.fromEntries(names.map(name => [name, map(name)])) as Record<UpstreamName, Value>
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['upstreams', problem])
}

export default fp(upstreams, {
  name: 'sluice-upstreams',
  fastify: '5.x',
  dependencies: ['sluice-tracing', 'sluice-metrics', 'sluice-auth', 'sluice-breaking']
})
