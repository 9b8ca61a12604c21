// The upstream where there is no Go to build upstream-go with: it reads the same answers from standard input, answers with
// the same bytes, and says "ready" in the same way. It does not look at what it is asked.
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { json } from 'node:stream/consumers'
import type { Answers } from './start-upstream.ts'

const answers = (await json(process.stdin)) as Answers
const frames = new Map(Object.entries(answers).map(([path, { message, count }]) => [path, framesOf(message, count)]))

const server = createServer()
server.on('stream', (stream: ServerHttp2Stream, headers) => {
  const frame = frames.get(String(headers[':path']))
  stream.resume()
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => {
    // UNIMPLEMENTED, for what there is no answer to.
    stream.sendTrailers({ 'grpc-status': frame === undefined ? '12' : '0' })
  })
  stream.end(frame)
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('ready\n'))

/** The answer as it goes over the connection: each message behind a flag and its length. */
function framesOf(base64: string, count: number): Buffer {
  const message = Buffer.from(base64, 'base64')
  const frame = Buffer.alloc(5 + message.length)
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, 5)
  return Buffer.concat(Array.from({ length: count }, () => frame))
}
