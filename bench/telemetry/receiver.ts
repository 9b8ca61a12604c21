// A collector that only counts: OTLP/gRPC on $PORT, the spans that arrived as the answer to any message. It is a process of its
// own, so that what it costs is nobody else's.
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { countSpans } from './count-spans.ts'

let spans = 0

const server = createServer()
server.on('stream', async (stream: ServerHttp2Stream, headers) => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  // Behind the flag and the length that gRPC puts before a message.
  if (headers[':path']?.endsWith('TraceService/Export')) spans += countSpans(Buffer.concat(chunks).subarray(5))
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  // An empty message says that all was taken.
  stream.end(Buffer.alloc(5))
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send!('ready'))
process.on('message', () => process.send!(spans))
