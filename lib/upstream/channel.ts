import { createClient, type Interceptor } from '@connectrpc/connect'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import { createSessionManager } from './session.ts'
import { createTransport } from './transport.ts'
import { createWireTransport } from './wire-transport.ts'

/** The most that one message of an answer may hold. */
const readMaxBytes = 4 * 1024 * 1024
/** The most that one message of a request may hold. */
const writeMaxBytes = 1024 * 1024

export interface ChannelOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** How long a connection may take to open, in milliseconds. Calls that wait for it end at their own deadline. */
  connectTimeoutMs: number
  /** The deadline of a unary call that has none, and of the headers of a stream, in milliseconds. */
  defaultTimeoutMs: number
  /** What wraps each call, the first outermost. Health checks are not wrapped. */
  interceptors: Interceptor[]
}

export type Channel = ReturnType<typeof createChannel>

/** gRPC to one upstream over one HTTP/2 connection, that opens with the first call and again with the next after it broke. */
export function createChannel({ url, connectTimeoutMs, defaultTimeoutMs, interceptors }: ChannelOptions) {
  const sessions = createSessionManager({ url, connectTimeoutMs })
  const options = { url, sessions, defaultTimeoutMs, readMaxBytes, writeMaxBytes }
  const wire = createWireTransport({ ...options, interceptors })
  const health = createClient(Health, createTransport(createWireTransport(options)))

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
      sessions.abort()
    }
  }
}
