import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Code, type Interceptor } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import type { Logger } from 'pino'
import { Health } from '../../gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.ts'
import { createAccessInterceptor } from './access.ts'
import type { Backend } from './backend.ts'
import { createErrorInterceptor } from './errors.ts'
import { healthRoutes } from './health.ts'
import type { Tokens } from './identity.ts'
import { reflectionRoutes } from './reflection.ts'
import { rememberResponses, responseValues } from './response-head.ts'
import { failure } from './service-error.ts'
import { hookStream } from './streams.ts'
import { createServerTelemetryInterceptor } from './telemetry.ts'
import { createValidationInterceptor } from './validation.ts'

const readMaxBytes = 4 * 1024 * 1024
const maxConcurrentStreams = 1_000
const drainTimeoutMs = 10_000

export interface ServeOptions {
  host: string
  /** 0 for any free port. */
  port: number
  log: Logger
  tokens: Tokens
}

export interface RunningServer {
  readonly port: number
  readonly url: string
  /** Lets calls in flight finish, for 10 s at most, ends streams with UNAVAILABLE, then closes the backend. */
  close(): Promise<void>
}

/**
 * Serves a backend by gRPC over cleartext HTTP/2, with health and reflection beside it.
 *
 * @throws the error of `listen`, such as EADDRINUSE; the backend stays open then.
 */
export async function serve(backend: Backend, options: ServeOptions): Promise<RunningServer> {
  const closing = new AbortController()
  const handler = rememberResponses(createHandler(backend, options, closing.signal))
  const server = createServer({ settings: { maxConcurrentStreams } }, handler)
  const sessions = trackSessions(server)
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { port, family, address } = server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`

  let closed: Promise<void> | undefined
  return {
    port,
    url,
    close() {
      closed ??= drain(server, sessions, closing).then(() => backend.close())
      return closed
    }
  }
}

function createHandler(backend: Backend, options: ServeOptions, closing: AbortSignal) {
  const outer = [createErrorInterceptor(options.log), createDrainInterceptor(closing)]
  const health = healthRoutes(backend, closing)
  const reflection = reflectionRoutes([...backend.services, Health, ServerReflection])
  const plain = connectNodeAdapter({
    ...protocol,
    interceptors: outer,
    routes: router => {
      health(router)
      reflection(router)
    }
  })
  return connectNodeAdapter({
    ...protocol,
    // The first is the outermost: a refusal of access or validation is traced too.
    interceptors: [
      ...outer,
      createServerTelemetryInterceptor(),
      createAccessInterceptor(options.tokens),
      createValidationInterceptor()
    ],
    contextValues: responseValues,
    routes: backend.routes,
    fallback: plain
  })
}

const protocol = { grpc: true, grpcWeb: false, connect: false, readMaxBytes }

/** Ends response streams when the server begins to close: they would outlive any patience, and their readers come back. */
function createDrainInterceptor(closing: AbortSignal): Interceptor {
  return next => async request => {
    const response = await next(request)
    if (!response.stream) return response
    const stop = new Promise<never>((_resolve, reject) => {
      const refuse = () => reject(failure(Code.Unavailable, 'SHUTTING_DOWN', 'the service is shutting down'))
      if (closing.aborted) refuse()
      else closing.addEventListener('abort', refuse, { once: true, signal: request.signal })
    })
    stop.catch(() => {})
    return hookStream(response, { pull: pull => Promise.race([pull(), stop]) })
  }
}

function trackSessions(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  return sessions
}

async function drain(server: Http2Server, sessions: Set<ServerHttp2Session>, closing: AbortController): Promise<void> {
  const ended = once(server, 'close')
  server.close()
  closing.abort()
  // Sends GOAWAY; the session ends with its last stream.
  for (const session of sessions) session.close()
  const cut = setTimeout(() => {
    for (const session of sessions) session.destroy()
  }, drainTimeoutMs)
  cut.unref()
  await ended
  clearTimeout(cut)
}
