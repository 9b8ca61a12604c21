import { createClient } from '@connectrpc/connect'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import { Connector } from './connector.ts'
import type { Policy } from './grpc/call.ts'
import { createTransport } from './grpc/connect-transport.ts'
import { createWire } from './grpc/wire.ts'
import type { TlsOptions } from './socket.ts'

/** The most that one message of an answer may hold. */
const readMaxBytes = 4 * 1024 * 1024
/** The most that one message of a request may hold. */
const writeMaxBytes = 1024 * 1024

export interface ChannelOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** How long a connection may take to open, in milliseconds. Calls that wait for it end at their own deadline. */
  connectTimeoutMs: number
  /** How long the answer of a stream without a deadline may take to begin, in milliseconds. */
  headersTimeoutMs: number
  /** What wraps each call, the first outermost. Health checks are not wrapped. Default: nothing. */
  policies?: readonly Policy[]
  /** What TLS is about, for `https://`. Default: what Node trusts. */
  tls?: TlsOptions
}

export type Channel = ReturnType<typeof createChannel>

/** gRPC to one upstream over one HTTP/2 connection, that opens with the first call and again with the next after it broke. */
export function createChannel({ url, connectTimeoutMs, headersTimeoutMs, policies = [], tls = {} }: ChannelOptions) {
  const { protocol, hostname, port, host } = new URL(url)
  const isSecure = protocol === 'https:'
  const connector = new Connector({
    connection: {
      address: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isSecure ? 443 : 80)) },
      tls: isSecure ? tls : null,
      authority: host,
      connectTimeoutMs
    },
    limits: { readMaxBytes, writeMaxBytes, headersTimeoutMs }
  })
  const send = connector.send.bind(connector)
  const wire = createWire({ send, policies, writeMaxBytes })
  const health = createClient(Health, createTransport(createWire({ send, writeMaxBytes })))

  return {
    /** Calls in bytes. */
    wire,

    /** Calls in messages, for generated clients. */
    transport: createTransport(wire),

    /**
     * Asks the upstream for its health by grpc.health.v1, around all policies: an open circuit says nothing about now.
     *
     * @throws ConnectError when it cannot be asked
     */
    async isServing(timeoutMs: number): Promise<boolean> {
      const { status } = await health.check({}, { timeoutMs })
      return status === ServingStatus.SERVING
    },

    /** Ends the connection, and with it the calls that are open. */
    close(): void {
      connector.close()
    }
  }
}
