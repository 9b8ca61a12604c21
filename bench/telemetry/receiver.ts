// A collector that only counts: OTLP/gRPC on $PORT, the spans that arrived as the answer to any message. It is a process of its
// own, so that what it costs is nobody else's.
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { countSpans } from './count-spans.ts'

let spans = 0

const server = createServer()
server.on('stream', async (stream: ServerHttp2Stream, headers) => {
  const request = await buffer(stream).catch(() => null)
  // A contender was ended in the middle of an export.
  if (request === null || stream.destroyed) return
  // Behind the flag and the length that gRPC puts before a message.
  if (headers[':path']?.endsWith('TraceService/Export')) spans += countSpans(request.subarray(5))
  stream.on('error', () => {})
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  // An empty message says that all was taken.
  stream.end(Buffer.alloc(5))
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send!('ready'))
process.on('message', () => process.send!(spans))
// A bench that is killed ends it too.
process.once('disconnect', () => process.exit())
