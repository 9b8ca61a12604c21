import { once } from 'node:events'
import { createSecureServer, createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { BytesValue } from '@bufbuild/protobuf/wkt'
import {
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createContextValues,
  decodeBinaryHeader,
  type HandlerContext
} from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { InteropService } from '../../fixtures/gen/fixture/v1/interop_pb.ts'
import { type Ask, askIn } from '../ask.ts'
import { type AnswerCall, createAnswers, one, only } from './answers.ts'
import { Records } from './records.ts'
import type { ServerOptions, StartServer, Tap } from './server.ts'

const peer = createContextKey('')

/** More than any message has: none is packed. */
const never = 2 ** 31

/** A server of connect-node, over node:http2. */
export const startConnectNode: StartServer = async (t, options = {}) => {
  const { tls, maxStreams, windowBytes, maxFrameBytes, gzipAnswers = false } = options
  const settings = {
    ...(maxStreams !== undefined && { maxConcurrentStreams: maxStreams }),
    ...(windowBytes !== undefined && { initialWindowSize: windowBytes }),
    ...(maxFrameBytes !== undefined && { maxFrameSize: maxFrameBytes })
  }
  const handler = connectNodeAdapter({
    routes,
    compressMinBytes: gzipAnswers ? 1 : never,
    contextValues: ({ socket }) => createContextValues().set(peer, `${socket.remoteAddress}:${socket.remotePort}`)
  })
  const server =
    tls === undefined
      ? createServer({ settings }, handler)
      : createSecureServer({ settings, ...tls, ...clientAuth(tls) }, handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    manage(t, session, options)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const closed = once(server, 'close')
  t.teardown(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return {
    port,
    isSecure: tls !== undefined,
    async stop() {
      server.close()
      for (const session of sessions) session.close()
      await closed
    }
  }
}

function clientAuth({ clientCa }: NonNullable<ServerOptions['tls']>) {
  return clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
}

/** Does what servers of other makers do by themselves. */
function manage(t: Tap, session: ServerHttp2Session, { pingMs, maxAgeMs }: ServerOptions): void {
  session.on('error', () => {})
  const timers: NodeJS.Timeout[] = []
  if (pingMs !== undefined) timers.push(setInterval(() => session.ping(() => {}), pingMs))
  if (maxAgeMs !== undefined) timers.push(setTimeout(() => session.close(), maxAgeMs))
  const stop = () => {
    for (const timer of timers) clearTimeout(timer)
  }
  session.once('close', stop)
  t.teardown(stop)
}

function routes(router: ConnectRouter): void {
  const records = new Records()
  const answers = createAnswers(records)

  async function* serve(answer: AnswerCall, messages: AsyncIterable<BytesValue>, context: HandlerContext) {
    const { requestHeader, signal } = context
    const ask = askIn(decodeBinaryHeader(requestHeader.get('ask-bin')!))
    sayMetadata(ask, context)
    yield* answer({ ask, timeoutMs: context.timeoutMs() ?? null, signal, messages })
    if (ask.error !== undefined) throw refusal(ask.error)
  }

  router.service(InteropService, {
    unary: (message, context) => only(serve(answers.unary, one(message), context)),
    serverStream: (message, context) => serve(answers.serverStream, one(message), context),
    clientStream: (messages, context) => only(serve(answers.clientStream, messages, context)),
    bidiStream: (messages, context) => serve(answers.bidiStream, messages, context),
    inspect: ({ value }) => ({ value: JSON.stringify(records.of(value).seen) }),
    release({ value }) {
      records.of(value).gate.resolve()
      return {}
    }
  })
}

/** What came as `echo-...` goes back, in headers and trailers. Without headers, an error is all of an answer. */
function sayMetadata({ error }: Ask, { requestHeader, responseHeader, responseTrailer, values }: HandlerContext): void {
  if (error === undefined) responseHeader.set('peer', values.get(peer))
  for (const [name, value] of requestHeader) {
    if (!name.startsWith('echo-')) continue
    if (error === undefined) responseHeader.append(name, value)
    responseTrailer.append(name, value)
  }
}

function refusal({ code, text, reason }: NonNullable<Ask['error']>): ConnectError {
  return new ConnectError(text, code, undefined, [{ desc: ErrorInfoSchema, value: { reason } }])
}
