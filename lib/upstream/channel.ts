import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'

/** The most that one message of an answer may hold; connect's own default is 4 GiB. */
const readMaxBytes = 4 * 1024 * 1024
/** The most that one message of a request may hold. */
const writeMaxBytes = 1024 * 1024
/** An open call on a silent connection is noticed to be dead after these two. */
const pingIntervalMs = 10_000
const pingTimeoutMs = 2_000

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
  const sessionManager = new Http2SessionManager(
    url,
    { pingIntervalMs, pingTimeoutMs },
    { createConnection: authority => openSocket(authority, connectTimeoutMs) }
  )
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

/** Node gives up on a host that does not answer only after the operating system does, which takes minutes. */
function openSocket(authority: URL, timeoutMs: number): Socket {
  const secure = authority.protocol === 'https:'
  const host = authority.hostname.replace(/^\[|\]$/g, '')
  const port = Number(authority.port || (secure ? 443 : 80))
  const socket = secure
    ? connectTls({ host, port, ALPNProtocols: ['h2'], ...(isName(host) && { servername: host }) })
    : connectTcp({ host, port })
  const late = () => socket.destroy(Object.assign(new Error(`no connection in ${timeoutMs} ms`), { code: 'ETIMEDOUT' }))
  socket.setTimeout(timeoutMs, late)
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    socket.setTimeout(0)
    socket.off('timeout', late)
  })
  return socket
}

function isName(host: string): boolean {
  return isIP(host) === 0
}
