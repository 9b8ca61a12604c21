import type { DescService } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../lib/upstream/caller.ts'
import { createTransport } from '../lib/upstream/grpc/connect-transport.ts'
import { Lifetime } from '../lib/upstream/grpc/lifetime.ts'
import { onBehalfOf } from '../lib/upstream/grpc/on-behalf-of.ts'
import { createUpstream, type Upstream } from './upstreams/create-upstream.ts'
import { createEventLog } from './upstreams/event-log.ts'
import { createInstruments } from './upstreams/instruments.ts'
import { type CheckedUpstreamsOptions, checkUpstreamsOptions, type UpstreamsOptions } from './upstreams/options.ts'

export type { Upstream } from './upstreams/create-upstream.ts'
export type { UpstreamOptions, UpstreamSettings, UpstreamsOptions } from './upstreams/options.ts'

/**
 * The upstreams of an application, each with the service that its typed client calls. An application names its own:
 *
 *     declare module 'sluice/plugins/upstreams' {
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
const kLeft = Symbol('sluice.left')

declare module 'fastify' {
  interface FastifyInstance {
    /** By their names. */
    upstreams: Readonly<Record<string, Upstream>>
  }

  interface FastifyRequest {
    /** The calls of this request are made on behalf of this; made when first asked for. */
    caller: Caller
    /** Clients whose calls have the deadline, the trace and the identity of this request. */
    clients: Clients
    [kCaller]: Caller | null
    [kClients]: Clients | null
    /** Whether its client went away before it was answered. */
    [kLeft]: boolean
  }
}

/**
 * The upstreams, and the clients of each request: its calls have its deadline, its trace and its identity.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function upstreams(gateway: FastifyInstance, given: UpstreamsOptions) {
  const options = checkUpstreamsOptions(given)
  const { timeoutMs } = options
  const upstreams = createUpstreams(gateway, options)
  const createClients = compileClients(options.upstreams, upstreams)

  gateway.decorate('upstreams', upstreams)
  gateway.decorateRequest(kCaller, null)
  gateway.decorateRequest(kClients, null)
  gateway.decorateRequest(kLeft, false)
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

  gateway.onCompleted(function endCalls(request, reply) {
    request[kLeft] = !reply.raw.writableFinished
    if (request[kLeft]) request[kCaller]?.lifetime.end(clientLeft())
  })
}

/** They are closed with the gateway, and when one of them cannot be made. */
function createUpstreams(gateway: FastifyInstance, { upstreams, settings, timeoutMs }: CheckedUpstreamsOptions) {
  const created: Record<string, Upstream> = Object.create(null)
  const instruments = createInstruments(gateway.meter, created)
  const duration = gateway.meter.createHistogram('rpc.client.duration', {
    description: 'Duration of calls to upstreams; of a stream, until its answer began.',
    unit: 'ms'
  })
  function close() {
    instruments.close()
    for (const upstream of Object.values(created)) upstream.close()
  }
  try {
    for (const [name, options] of Object.entries(upstreams)) {
      const logEvent = createEventLog(gateway.log, name)
      created[name] = createUpstream({
        name,
        options: { ...settings, ...options },
        circuit: gateway.createCircuit(name),
        tracer: gateway.tracer,
        duration,
        timeoutMs,
        serviceToken: () => gateway.serviceToken(),
        onRepeat: outcome => instruments.onRepeat(name, outcome),
        onEvent(event) {
          instruments.onEvent(name, event)
          logEvent(event)
        }
      })
    }
  } catch (error) {
    close()
    throw error
  }
  gateway.addHook('onClose', async function closeUpstreams() {
    close()
  })
  return created
}

function clientLeft(): ConnectError {
  return new ConnectError('the client went away', Code.Canceled)
}

function callerOf(request: FastifyRequest, timeoutMs: number): Caller {
  const deadlineMs = request.routeOptions.config.policy?.deadlineMs ?? null
  const now = performance.now()
  const lifetime = new Lifetime()
  if (request[kLeft]) lifetime.end(clientLeft())
  return {
    requestId: request.id,
    trace: request.trace,
    authorization: request.identity?.authorization ?? null,
    lifetime,
    deadline: now + (deadlineMs ?? timeoutMs),
    streamDeadline: deadlineMs === null ? null : now + deadlineMs
  }
}

/** Compiles the clients of a request. It asks for few of them, so each is made when it is asked for. */
function compileClients(options: UpstreamsOptions['upstreams'], upstreams: Record<string, Upstream>) {
  const services = Object.entries(options).flatMap(([name, { service }]) =>
    service === undefined ? [] : [{ name, service, wire: upstreams[name]!.wire }]
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

export default fp(upstreams, {
  name: 'sluice-upstreams',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing', 'sluice-metrics', 'sluice-auth', 'sluice-breaking']
})
