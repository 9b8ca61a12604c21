import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, type Server, request as sendRequest } from 'node:http'
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import { serverOptions } from '../../../lib/http/server-options.ts'
import auth from '../../../plugins/auth.ts'
import breaking from '../../../plugins/breaking.ts'
import completion from '../../../plugins/completion.ts'
import errors from '../../../plugins/errors.ts'
import limiting from '../../../plugins/limiting.ts'
import metrics from '../../../plugins/metrics.ts'
import tracing from '../../../plugins/tracing.ts'
import transcoding, { type TranscodeOptions, type TranscodingOptions } from '../../../plugins/transcoding.ts'
import upstreams from '../../../plugins/upstreams.ts'
import { StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { secret, type Test } from '../../helper.ts'

/** A gateway before a service of streams. */
export interface StreamGateway {
  gateway: FastifyInstance
  /** The calls that reached the service, in order. */
  calls: HandlerContext[]
  /** Breaks all connections to the service. */
  breakService(): void
  /** Sends a request; its body, unless it is given, is the caller's to write. */
  send(method: string, path: string, options?: SendOptions): ClientRequest
  /** Sends a request and reads the whole answer. */
  call(method: string, path: string, options?: SendOptions): Promise<WholeAnswer>
}

export interface SendOptions {
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export interface WholeAnswer {
  status: number
  headers: IncomingMessage['headers']
  text: string
  bytes: Buffer
  /** Whether the connection broke before the answer was whole. */
  broken: boolean
}

export interface StreamGatewayOptions extends TranscodingOptions {
  server?: FastifyHttpOptions<Server>
  methods?: TranscodeOptions<typeof StreamService>['methods']
  /** Adds to the gateway before it listens. */
  extend?: (gateway: FastifyInstance) => void
}

/** Starts a service and a gateway that serves it, both on free ports; they end with the test. */
export async function startStreams(
  t: Test,
  service: Partial<ServiceImpl<typeof StreamService>>,
  { server, methods, extend, ...options }: StreamGatewayOptions = {}
): Promise<StreamGateway> {
  const calls: HandlerContext[] = []
  const upstream = await startService(t, service, calls)
  const defaults = serverOptions({
    logLevel: 'silent',
    bodyLimit: 1024 * 1024,
    trustProxy: false,
    upstreamTimeoutMs: 5_000
  })
  const gateway = Fastify({ ...defaults, ...server })
  gateway.register(completion).register(tracing).register(errors).register(metrics)
  gateway.register(limiting, { address: { rate: 1_000, burst: 1_000 } })
  gateway.register(auth, { secret: Buffer.from(secret), issuer: 'i', audience: 'a' })
  gateway.register(breaking, { windowMs: 1_000, minCalls: 100, failureRatio: 1, openMs: 1, probes: 1 })
  gateway.register(upstreams, {
    upstreams: { streams: { target: upstream.url } },
    timeoutMs: 5_000
  })
  gateway.register(transcoding, options)
  gateway.register(async scope =>
    scope.transcode(StreamService, { upstream: 'streams' as never, ...(methods !== undefined && { methods }) })
  )
  extend?.(gateway)
  t.teardown(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const send = createSend(t, url)
  return { gateway, calls, breakService: upstream.breakOff, send, call: async (...sent) => readAnswer(send(...sent)) }
}

async function startService(
  t: Test,
  service: Partial<ServiceImpl<typeof StreamService>>,
  calls: HandlerContext[]
): Promise<{ url: string; breakOff(): void }> {
  const sessions = new Set<ServerHttp2Session>()
  const handler = connectNodeAdapter({
    // What the tests send would shrink to nothing, and no reader be slow.
    acceptCompression: [],
    routes: router => router.service(StreamService, watched(service, calls))
  })
  const server: Http2Server = createServer({}, handler)
  server.on('session', session => sessions.add(session))
  function breakOff() {
    for (const session of sessions) session.destroy()
  }
  t.teardown(() => {
    breakOff()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, breakOff }
}

/** The same service, which notes the context of each call when it begins. */
function watched(service: Partial<ServiceImpl<typeof StreamService>>, calls: HandlerContext[]) {
  const methods = Object.entries(service).map(([name, method]) => {
    const run = method as (input: unknown, context: HandlerContext) => unknown
    const noted = (input: unknown, context: HandlerContext) => {
      calls.push(context)
      return run(input, context)
    }
    return [name, noted]
  })
  return Object.fromEntries(methods) as Partial<ServiceImpl<typeof StreamService>>
}

/** Waits until a call is cancelled. */
export async function cancelled({ signal }: HandlerContext): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function createSend(t: Test, url: string): StreamGateway['send'] {
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  return (method, path, { headers, body } = {}) => {
    const request = sendRequest(`${url}${path}`, { method, agent, ...(headers !== undefined && { headers }) })
    // A connection that breaks is seen by whoever reads the answer.
    request.on('error', () => {})
    t.teardown(() => request.destroy())
    if (body !== undefined || method === 'GET' || method === 'HEAD') request.end(body)
    return request
  }
}

/** The answer to a request, as soon as it begins. */
export async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function readAnswer(request: ClientRequest): Promise<WholeAnswer> {
  const response = await answerTo(request)
  const chunks: Buffer[] = []
  let broken = false
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch {
    broken = true
  }
  const bytes = Buffer.concat(chunks)
  return { status: response.statusCode ?? 0, headers: response.headers, text: bytes.toString(), bytes, broken }
}

/** Reads an answer piece by piece: the text up to and including the next `end`. */
export function createTextReader(response: IncomingMessage): (end: string) => Promise<string> {
  const chunks = response.iterator({ destroyOnReturn: false })
  let text = ''
  return async end => {
    for (;;) {
      const at = text.indexOf(end)
      if (at !== -1) {
        const piece = text.slice(0, at + end.length)
        text = text.slice(at + end.length)
        return piece
      }
      const { done, value } = await chunks.next()
      if (done) return text
      text += String(value)
    }
  }
}
