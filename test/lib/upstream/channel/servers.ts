import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import type t from 'tap'
import {
  Health,
  HealthCheckResponseSchema,
  type HealthCheckResponse_ServingStatus as ServingStatus
} from '../../../../gen/grpc/health/v1/health_pb.ts'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import { type Channel, createChannel } from '../../../../lib/upstream/channel/channel.ts'
import type { ChannelEvent } from '../../../../lib/upstream/channel/events.ts'
import type { ChannelOptions } from '../../../../lib/upstream/channel/options.ts'
import { createWire, type Wire, type WireOptions } from '../../../../lib/upstream/grpc/wire.ts'
import { answer, grpcHeaders, rawFrame } from '../grpc/servers.ts'

export type Tap = Pick<typeof t, 'teardown'>

/** The rpc that is called in these tests; any would do. */
export const method = ProductService.method.listCategories

/** An upstream whose behaviour a test changes as it goes. */
export interface TestServer {
  /** `127.0.0.1:port`. */
  address: string
  port: number
  /** `:authority` of the calls so far, those about health left out. */
  calls: string[]
  /** Connections so far. */
  connections: number
  sessions: Set<ServerHttp2Session>
  /** Paths of the questions about health so far. */
  questions: string[]
  /** Answers a call. Default: with one empty message. */
  onCall: (stream: ServerHttp2Stream) => void
  /** Answers `Check` and `Watch`. Default: UNIMPLEMENTED. */
  onHealth: (stream: ServerHttp2Stream, path: string) => void
  /** Stops to listen, and ends all connections as a server does that is told to. */
  stop(): Promise<void>
  /** Cuts all connections, as when its machine is gone. */
  cut(): void
  /** Listens on the same port. */
  start(): Promise<void>
}

/** Where a server listens, and what it is. */
export interface TestServerOptions {
  port?: number
  host?: string
  /** A Unix domain socket, in place of a port. */
  path?: string
  tls?: SecureServerOptions
  settings?: ServerOptions['settings']
  /** Whether it waits for `start`. */
  isLate?: boolean
}

/** Starts an upstream, that ends with the test. */
export async function startServer(t: Tap, options: TestServerOptions = {}): Promise<TestServer> {
  const { host = '127.0.0.1', path, isLate = false } = options
  const sockets = new Set<Socket>()
  let listener = await listen(options.port ?? 0)
  const { port } = path === undefined ? (listener.address() as AddressInfo) : { port: 0 }
  const server: TestServer = {
    address: `${host}:${port}`,
    port,
    calls: [],
    connections: 0,
    sessions: new Set(),
    questions: [],
    onCall: succeed,
    onHealth: stream => refuse(stream, 12),
    async stop() {
      if (!listener.listening) return
      const closed = once(listener, 'close')
      listener.close()
      for (const session of server.sessions) session.destroy()
      await closed
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async start() {
      listener = await listen(port)
    }
  }
  t.teardown(() => server.stop())
  if (isLate) await server.stop()

  async function listen(onPort: number): Promise<Http2Server> {
    const { settings = {}, tls } = options
    const created = tls === undefined ? createServer({ settings }) : createSecureServer({ ...tls, settings })
    created.on('connection', socket => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    created.on('session', session => {
      server.connections += 1
      server.sessions.add(session)
      session.on('error', () => {})
      session.once('close', () => server.sessions.delete(session))
    })
    created.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      const called = String(headers[':path'])
      if (called.startsWith(`/${Health.typeName}/`)) {
        server.questions.push(called.slice(called.lastIndexOf('/') + 1))
        server.onHealth(stream, called)
      } else {
        server.calls.push(String(headers[':authority']))
        server.onCall(stream)
      }
    })
    if (path === undefined) created.listen(onPort, host)
    else created.listen(path)
    await once(created, 'listening')
    return created
  }
  return server
}

/** Answers with one empty message. */
export function succeed(stream: ServerHttp2Stream): void {
  answer(stream, { body: [rawFrame(new Uint8Array())], trailers: { 'grpc-status': '0' } })
}

/** Answers with a status and nothing else. */
export function refuse(stream: ServerHttp2Stream, status: number): void {
  answer(stream, { headers: { ...grpcHeaders, 'grpc-status': String(status) } })
}

/** Says its health, and goes on. */
export function sayHealth(stream: ServerHttp2Stream, status: ServingStatus): void {
  if (!stream.headersSent) stream.respond(grpcHeaders)
  stream.write(rawFrame(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))))
}

/** Answers a `Check`. */
export function answerHealth(stream: ServerHttp2Stream, status: ServingStatus): void {
  const message = toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))
  answer(stream, { body: [rawFrame(message)], trailers: { 'grpc-status': '0' } })
}

/** A channel in a test, with what happened to it. */
export interface OpenedChannel {
  channel: Channel
  wire: Wire
  events: ChannelEvent[]
  /** Makes one call. */
  call(options?: WireOptions): Promise<unknown>
  /** What one endpoint is like: the first, unless its address is named. */
  endpoint(address?: string): ReturnType<Channel['state']>['endpoints'][number]
}

/** A channel, that ends with the test. Its endpoints are not asked for their health, unless the test says so. */
export function openChannel(t: Tap, target: string, options: Partial<ChannelOptions> = {}): OpenedChannel {
  const events: ChannelEvent[] = []
  const channel = createChannel({
    name: 'product',
    target,
    health: { mode: 'off' },
    backoff: { baseMs: 20, maxMs: 50 },
    onEvent: event => events.push(event),
    ...options
  })
  // The timers of a channel do not keep a process alive that waits for nothing else.
  const alive = setInterval(() => {}, 60_000)
  t.teardown(() => {
    clearInterval(alive)
    channel.close()
  })
  const wire = createWire({ send: channel.send, writeMaxBytes: 1024 })
  return {
    channel,
    wire,
    events,
    call: options => wire.unary(method, new Uint8Array(), { timeoutMs: 20_000, ...options }),
    endpoint(address) {
      const { endpoints } = channel.state()
      return (address === undefined ? endpoints : endpoints.filter(found => found.address === address))[0]!
    }
  }
}
