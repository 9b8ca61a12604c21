// An upstream that can be told to misbehave. It takes 20 ms for an answer, so that calls are in flight whenever it is hit.
import { readFileSync } from 'node:fs'
import { createSecureServer, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'

/** How an upstream behaves from now on. */
export interface Behaviour {
  /** The gRPC status that every call gets; null: answers. */
  failWith: number | null
  /** After how many calls a connection is ended by GOAWAY; null: never. */
  goawayAfter: number | null
}

const answerAfterMs = 20
const servicePath = '/shop.product.v1.ProductService/'
const watchPath = '/grpc.health.v1.Health/Watch'
/** An empty message, and HealthCheckResponse with SERVING. */
const emptyFrame = Buffer.from([0, 0, 0, 0, 0])
const servingFrame = Buffer.from([0, 0, 0, 0, 2, 8, 1])

/** A limit of the server, which is 100 by itself, would keep calls from one that does not answer. */
const settings = { maxConcurrentStreams: 10_000 }

let behaviour: Behaviour = { failWith: null, goawayAfter: null }
process.on('message', (message: Behaviour) => {
  behaviour = message
  process.send!('behaves')
})

const { TLS_CERT, TLS_KEY, PORT } = process.env
const server =
  TLS_CERT === undefined
    ? createServer({ settings })
    : createSecureServer({ cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY!), settings })
const calls = new WeakMap<Http2Session, number>()
const sessions = new Set<Http2Session>()
const watches = new Set<ServerHttp2Stream>()

server.on('session', session => {
  sessions.add(session)
  session.once('close', () => sessions.delete(session))
})
server.on('stream', (stream: ServerHttp2Stream, headers) => {
  stream.on('error', () => {})
  stream.resume()
  const path = headers[':path']!
  if (path === watchPath) watch(stream)
  else if (!path.startsWith(servicePath)) respond(stream).end(servingFrame)
  else {
    setTimeout(answer, answerAfterMs, stream)
    countCall(stream.session!)
  }
})
server.on('sessionError', () => {})
// In good order: GOAWAY, and an end when the calls that there are have ended.
process.once('SIGTERM', () => {
  server.close(() => process.exit(0))
  for (const stream of watches) stream.end()
  for (const session of sessions) session.close()
})
server.listen(Number(PORT), '127.0.0.1', () => process.send!('ready'))

function watch(stream: ServerHttp2Stream): void {
  watches.add(stream)
  stream.once('close', () => watches.delete(stream))
  respond(stream).write(servingFrame)
}

function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return
  const { failWith } = behaviour
  if (failWith === null) respond(stream).end(emptyFrame)
  else
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': failWith }, { endStream: true })
}

function respond(stream: ServerHttp2Stream): ServerHttp2Stream {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
  return stream
}

function countCall(session: Http2Session): void {
  const count = (calls.get(session) ?? 0) + 1
  calls.set(session, count)
  if (behaviour.goawayAfter !== null && count >= behaviour.goawayAfter) session.close()
}
