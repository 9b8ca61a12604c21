import type { DescService } from '@bufbuild/protobuf'
import { type Client, createClient, type Interceptor } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import type { Tokens } from './identity.ts'
import { createClientTelemetryInterceptor } from './telemetry.ts'

/** The most that one message of an answer may hold; connect's own default is 4 GiB. */
const readMaxBytes = 4 * 1024 * 1024

export interface ServiceClientOptions {
  /** `http://host:port` of the service. */
  baseUrl: string
  tokens: Tokens
  /** The name that the calls are made under, such as `order-service`. */
  as: string
  /** The deadline of a call that names none, in milliseconds. Default 1000. */
  timeoutMs?: number
}

/** A client, and the end of its connection: `client[Symbol.dispose]()`. */
export type ServiceClient<Service extends DescService> = Client<Service> & Disposable

/**
 * A typed client of another service, over one HTTP/2 connection that opens with the first call and heals by itself. Every
 * call carries a service token, the trace, the request id and a deadline; pass `{ timeoutMs, signal }` per call to narrow it.
 */
export function createServiceClient<Service extends DescService>(
  service: Service,
  options: ServiceClientOptions
): ServiceClient<Service> {
  const sessions = new Http2SessionManager(options.baseUrl, {
    pingIntervalMs: 10_000,
    pingTimeoutMs: 2_000,
    idleConnectionTimeoutMs: 300_000
  })
  const transport = createGrpcTransport({
    baseUrl: options.baseUrl,
    sessionManager: sessions,
    readMaxBytes,
    defaultTimeoutMs: options.timeoutMs ?? 1_000,
    interceptors: [createClientTelemetryInterceptor(), signCalls(options.tokens, options.as)]
  })
  return Object.assign(createClient(service, transport), {
    [Symbol.dispose]() {
      sessions.abort()
    }
  })
}

function signCalls(tokens: Tokens, name: string): Interceptor {
  return next => async request => {
    request.header.set('authorization', `Bearer ${await tokens.signService(name)}`)
    return next(request)
  }
}
