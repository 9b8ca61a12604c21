import { createClient, type Interceptor, type Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import { createSessionManager } from './session.ts'

/** The most that one message of an answer may hold; connect's own default is 4 GiB. */
const readMaxBytes = 4 * 1024 * 1024
/** The most that one message of a request may hold. */
const writeMaxBytes = 1024 * 1024

export interface ChannelOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** How long a connection may take to open, in milliseconds. Calls that wait for it end at their own deadline. */
  connectTimeoutMs: number
  /** The deadline of a call that has none, in milliseconds. */
  defaultTimeoutMs: number
  /** What wraps each call, the first outermost. Health checks are not wrapped. */
  interceptors: Interceptor[]
}

export type Channel = ReturnType<typeof createChannel>

/** gRPC to one upstream over one HTTP/2 connection, that opens with the first call and again with the next after it broke. */
export function createChannel({ url, connectTimeoutMs, defaultTimeoutMs, interceptors }: ChannelOptions) {
  const sessionManager = createSessionManager({ url, connectTimeoutMs })
  const options = { baseUrl: url, sessionManager, readMaxBytes, writeMaxBytes, defaultTimeoutMs }
  const transport: Transport = createGrpcTransport({ ...options, interceptors })
  const health = createClient(Health, createGrpcTransport(options))

  return {
    transport,

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
      sessionManager.abort()
    }
  }
}
