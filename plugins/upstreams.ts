import type { ServerResponse } from 'node:http'
import type { DescService } from '@bufbuild/protobuf'
import { type Client, createClient } from '@connectrpc/connect'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { clientGone } from '../lib/http/client-gone.ts'
import { withBreaker } from '../lib/policies/breaker.ts'
import { withTranslatedErrors } from '../lib/policies/connection.ts'
import { withDeadline } from '../lib/policies/deadline.ts'
import { withIdentity } from '../lib/policies/identity.ts'
import { withTrace } from '../lib/policies/trace.ts'
import type { Caller } from '../lib/upstream/caller.ts'
import { type Channel, createChannel } from '../lib/upstream/channel.ts'
import { createTransport } from '../lib/upstream/grpc/connect-transport.ts'
import { onBehalfOf } from '../lib/upstream/grpc/on-behalf-of.ts'

/**
 * The upstreams of an application, each with the service that its typed client calls. An application names its own:
 *
 *     declare module './plugins/upstreams.ts' {
 *       interface Upstreams {
 *         product: typeof ProductService
 *       }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with
export interface Upstreams {}

/** The name of an upstream; any, in an application that names none. */
export type UpstreamName = keyof Upstreams extends never ? string : keyof Upstreams

/** A typed client per upstream. */
export type Clients = {
  readonly [Name in keyof Upstreams]: Upstreams[Name] extends DescService ? Client<Upstreams[Name]> : never
}

const kCaller = Symbol('sluice.caller')
const kClients = Symbol('sluice.clients')
const kResponse = Symbol('sluice.response')

declare module 'fastify' {
  interface FastifyInstance {
    /** The channel to each upstream, by its name. */
    upstreams: Readonly<Record<string, Channel>>
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

export interface UpstreamOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** What `request.clients` calls by the name of this upstream. Default: nothing, there is no such client. */
  service?: DescService
}

export interface UpstreamsOptions {
  /** By their names; at least one. */
  upstreams: Readonly<Record<string, UpstreamOptions>>
  /** The deadline of requests whose policy names none, in milliseconds. */
  timeoutMs: number
  /** How long a connection may take to open, in milliseconds. */
  connectTimeoutMs: number
}

/** The channels to the upstreams, and what every call over them goes through: circuit, identity, trace. */
async function upstreams(gateway: FastifyInstance, options: UpstreamsOptions) {
  checkOptions(options)
  const { upstreams, timeoutMs, connectTimeoutMs } = options
  const duration = gateway.meter.createHistogram('rpc.client.duration', {
    description: 'Duration of calls to upstreams; of a stream, until its answer began.',
    unit: 'ms'
  })
  const channels: Record<string, Channel> = Object.create(null)
  for (const [name, { url }] of Object.entries(upstreams)) {
    const circuit = gateway.createCircuit(name)
    // The first is the outermost: a call that the circuit refuses is no call, and has no span of one.
    const policies = [
      withDeadline({ defaultMs: timeoutMs }),
      withBreaker(circuit, gateway.tracer),
      withIdentity(() => gateway.serviceToken()),
      withTrace({ tracer: gateway.tracer, duration, url }),
      withTranslatedErrors()
    ]
    channels[name] = createChannel({ url, connectTimeoutMs, headersTimeoutMs: timeoutMs, policies })
  }
  const createClients = compileClients(upstreams, channels)

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
      this[kClients] ??= createClients(this.caller)
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

/** Compiles the clients of a request. It asks for few of them, so each is made when it is asked for. */
function compileClients(upstreams: UpstreamsOptions['upstreams'], channels: Record<string, Channel>) {
  const services = Object.entries(upstreams).flatMap(([name, { service }]) =>
    service === undefined ? [] : [{ name, service, wire: channels[name]!.wire }]
  )
  return (caller: Caller): Clients => {
    const clients = {}
    for (const { name, service, wire } of services) {
      let client: Client<DescService> | undefined
      Object.defineProperty(clients, name, {
        get() {
          client ??= createClient(service, createTransport(onBehalfOf(caller, wire)))
          return client
        }
      })
    }
    return clients as Clients
  }
}

function checkOptions({ upstreams, timeoutMs, connectTimeoutMs }: UpstreamsOptions): void {
  if (!(timeoutMs > 0)) throw invalid('timeoutMs must be above 0')
  if (!(connectTimeoutMs > 0)) throw invalid('connectTimeoutMs must be above 0')
  if (Object.keys(upstreams).length === 0) throw invalid('there must be at least one')
  for (const [name, { url }] of Object.entries(upstreams)) {
    const protocol = URL.parse(url)?.protocol
    if (protocol !== 'http:' && protocol !== 'https:') throw invalid(`the url of "${name}" must be http:// or https://`)
  }
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['upstreams', problem])
}

export default fp(upstreams, {
  name: 'sluice-upstreams',
  fastify: '5.x',
  dependencies: ['sluice-tracing', 'sluice-metrics', 'sluice-auth', 'sluice-breaking']
})
