import { constants, type ServerHttp2Stream } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import { failureOf } from '../../../../lib/errors/failure.ts'
import { withTranslatedErrors } from '../../../../lib/policies/connection.ts'
import { fieldOf } from '../../../../lib/upstream/grpc/fields.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import {
  answer,
  frameTypes,
  grpcHeaders,
  type OnStream,
  packedHeaders,
  rawFrame,
  type SendFrame,
  startFrameServer,
  startRawServer
} from './servers.ts'

const { getProduct } = ProductService.method
const message = Buffer.from('hello')
const ok = { 'grpc-status': '0' }

t.test('one message goes out, and one comes back, with headers and trailers', async t => {
  const sent: Buffer[] = []
  const { url } = await startRawServer(t, stream => {
    stream.on('data', (chunk: Buffer) => sent.push(chunk))
    stream.on('end', () =>
      answer(stream, { headers: { ...grpcHeaders, a: '1' }, body: [rawFrame(message)], trailers: { ...ok, b: '2' } })
    )
  })
  const response = await connectWire(t, url).unary(getProduct, Buffer.from('hi'))
  t.equal(Buffer.from(response.message).toString(), 'hello')
  t.equal(fieldOf(response.headers, 'a'), '1')
  t.equal(fieldOf(response.trailers, 'b'), '2')
  t.same(Buffer.concat(sent), rawFrame(Buffer.from('hi')))
})

t.test('an answer may come in any pieces, and be empty', async t => {
  for (const size of [0, 1, 60_000]) {
    const body = Buffer.alloc(size, 7)
    const frame = rawFrame(body)
    const pieces = size === 1 ? [...frame].map(byte => Buffer.from([byte])) : [frame.subarray(0, 3), frame.subarray(3)]
    const { url } = await startRawServer(t, stream => answer(stream, { body: pieces, trailers: ok }))
    const response = await connectWire(t, url).unary(getProduct, message)
    t.ok(Buffer.from(response.message).equals(body), `${size} bytes`)
  }
})

t.test('a compressed answer is unpacked', async t => {
  const headers = { ...grpcHeaders, 'grpc-encoding': 'gzip' }
  const body = [rawFrame(gzipSync(message), { flag: 1 })]
  const { url } = await startRawServer(t, stream => answer(stream, { headers, body, trailers: ok }))
  const response = await connectWire(t, url).unary(getProduct, message)
  t.equal(Buffer.from(response.message).toString(), 'hello')
})

function respond(stream: ServerHttp2Stream, ...body: Uint8Array[]): void {
  stream.respond(grpcHeaders)
  for (const chunk of body) stream.write(chunk)
}

const gzip = { ...grpcHeaders, 'grpc-encoding': 'gzip' }
const half = rawFrame(message).subarray(0, 7)
/** The flag of headers that are complete. */
const endHeaders = 4

/** What an upstream may do wrong: the code of the error, and what the client of the gateway is told. */
const hostile: Record<string, [OnStream, Code, number]> = {
  'no status, after a message': [stream => answer(stream, { body: [rawFrame(message)] }), Code.Internal, 502],
  'no status, in trailers': [stream => answer(stream, { trailers: { a: 'b' } }), Code.Internal, 502],
  'a status that is none': [stream => answer(stream, { trailers: { 'grpc-status': '99' } }), Code.Unknown, 500],
  'a page': [stream => answer(stream, { headers: { 'content-type': 'text/html' } }), Code.Unknown, 502],
  JSON: [stream => answer(stream, { headers: { 'content-type': 'application/json' } }), Code.Unknown, 502],
  'a redirect': [stream => answer(stream, { headers: { ':status': 302, location: '/' } }), Code.Unknown, 502],
  'HTTP 401': [stream => answer(stream, { headers: { ':status': 401 } }), Code.Unauthenticated, 502],
  'HTTP 404': [stream => answer(stream, { headers: { ':status': 404 } }), Code.Unimplemented, 502],
  'HTTP 500': [stream => answer(stream, { headers: { ':status': 500 } }), Code.Unknown, 502],
  'HTTP 503': [stream => answer(stream, { headers: { ':status': 503 } }), Code.Unavailable, 503],
  'no message': [stream => answer(stream, { trailers: ok }), Code.Unimplemented, 502],
  'no message, only headers': [
    stream => answer(stream, { headers: { ...grpcHeaders, ...ok } }),
    Code.Unimplemented,
    502
  ],
  'two messages': [
    stream => answer(stream, { body: [rawFrame(message), rawFrame(message)], trailers: ok }),
    Code.Unimplemented,
    502
  ],
  'half a message': [stream => answer(stream, { body: [half], trailers: ok }), Code.Internal, 502],
  'more than a message': [
    stream => answer(stream, { body: [rawFrame(message), half], trailers: ok }),
    Code.Internal,
    502
  ],
  'a flag that is none': [
    stream => answer(stream, { body: [rawFrame(message, { flag: 9 })], trailers: ok }),
    Code.Internal,
    502
  ],
  'a message that is compressed with nothing': [
    stream => answer(stream, { body: [rawFrame(gzipSync(message), { flag: 1 })], trailers: ok }),
    Code.Internal,
    502
  ],
  'a message that is compressed with what was not offered': [
    stream =>
      answer(stream, {
        headers: { ...grpcHeaders, 'grpc-encoding': 'br' },
        body: [rawFrame(message, { flag: 1 })],
        trailers: ok
      }),
    Code.Internal,
    502
  ],
  'a message that is no gzip': [
    stream => answer(stream, { headers: gzip, body: [rawFrame(message, { flag: 1 })], trailers: ok }),
    Code.Internal,
    502
  ],
  'a gzip bomb': [
    stream =>
      answer(stream, {
        headers: gzip,
        body: [rawFrame(gzipSync(Buffer.alloc(8 * 1024 * 1024)), { flag: 1 })],
        trailers: ok
      }),
    Code.ResourceExhausted,
    502
  ],
  'a message of 4 GiB': [
    stream => respond(stream, rawFrame(Buffer.alloc(0), { length: 2 ** 32 - 1 })),
    Code.ResourceExhausted,
    502
  ],
  'fewer bytes than were declared': [
    stream => answer(stream, { headers: { ...grpcHeaders, 'content-length': '100' }, body: [rawFrame(message)] }),
    Code.Internal,
    502
  ],
  'more bytes than were declared': [
    stream => answer(stream, { headers: { ...grpcHeaders, 'content-length': '3' }, body: [rawFrame(message)] }),
    Code.Internal,
    502
  ],
  'fewer bytes than were declared, and a good status': [
    stream =>
      answer(stream, {
        headers: { ...grpcHeaders, 'content-length': '100' },
        body: [rawFrame(message)],
        trailers: ok
      }),
    Code.Internal,
    502
  ],
  'a reset before the headers': [stream => stream.close(constants.NGHTTP2_INTERNAL_ERROR), Code.Internal, 502],
  'a refusal before the headers': [stream => stream.close(constants.NGHTTP2_REFUSED_STREAM), Code.Unavailable, 503],
  'a cancellation before the headers': [stream => stream.close(constants.NGHTTP2_CANCEL), Code.Canceled, 503],
  'an end before the headers': [stream => stream.close(constants.NGHTTP2_NO_ERROR), Code.Internal, 502],
  'a connection that ends before the headers': [stream => stream.session?.destroy(), Code.Unavailable, 503],
  'a connection that ends within a message': [
    stream => {
      respond(stream, half)
      setImmediate(() => stream.session?.destroy())
    },
    Code.Unavailable,
    503
  ]
}

for (const [name, [onStream, code, status]] of Object.entries(hostile)) {
  t.test(`${name} is an error of the upstream`, async t => {
    const { url } = await startRawServer(t, onStream)
    const bare = connectWire(t, url)
    await t.rejects(bare.unary(getProduct, message), { name: 'ConnectError', code })
    const error = await connectWire(t, url, { policies: [withTranslatedErrors()] })
      .unary(getProduct, message)
      .catch(error => error)
    t.equal(failureOf(error).status, status)
  })
}

/** How far an answer gets before its stream is reset. */
const stages: Record<string, (send: SendFrame) => void> = {
  'before the headers': () => {},
  'after the headers': send => send(frameTypes.headers, endHeaders, packedHeaders),
  'within a message': send => {
    send(frameTypes.headers, endHeaders, packedHeaders)
    send(frameTypes.data, 0, half)
  },
  'instead of trailers': send => {
    send(frameTypes.headers, endHeaders, packedHeaders)
    send(frameTypes.data, 0, rawFrame(message))
  }
}

const resets: [number, Code][] = [
  [constants.NGHTTP2_NO_ERROR, Code.Internal],
  [constants.NGHTTP2_INTERNAL_ERROR, Code.Internal],
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_CANCEL, Code.Canceled],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted]
]

for (const [stage, begin] of Object.entries(stages)) {
  t.test(`a stream that is reset ${stage} fails with what the reset says`, async t => {
    for (const [rstCode, code] of resets) {
      const { url } = await startFrameServer(t, send => {
        begin(send)
        send(frameTypes.reset, 0, Buffer.from([0, 0, 0, rstCode]))
      })
      await t.rejects(connectWire(t, url).unary(getProduct, message), { code }, `code ${rstCode}`)
    }
  })

  t.test(`a connection that is reset ${stage} is lost`, async t => {
    const { url } = await startFrameServer(t, (send, socket) => {
      begin(send)
      setImmediate(() => socket.resetAndDestroy())
    })
    await t.rejects(connectWire(t, url).unary(getProduct, message), { code: Code.Unavailable })
  })
}

t.test('an answer that trickles is not waited for beyond the deadline, and the stream is reset', async t => {
  const { url, streams } = await startRawServer(t, stream => {
    respond(stream)
    const timer = setInterval(() => stream.write(Buffer.from([0])), 5)
    stream.once('close', () => clearInterval(timer))
  })
  const late = connectWire(t, url).unary(getProduct, message, { timeoutMs: 40 })
  await t.rejects(late, { code: Code.DeadlineExceeded })
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('an abort fails the call at once, and the stream is reset', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const controller = new AbortController()
  let error: unknown
  const call = connectWire(t, url).unary(getProduct, message, { signal: controller.signal })
  call.catch(reason => {
    error = reason
  })
  await until(() => streams.length === 1)
  controller.abort()
  await Promise.resolve()
    .then(() => {})
    .then(() => {})
    .then(() => {})
    .then(() => {})
  t.match(error, { code: Code.Canceled }, 'no turn of the event loop later')
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('a call that was aborted before it began is none', async t => {
  const { url, streams } = await startRawServer(t, stream =>
    answer(stream, { body: [rawFrame(message)], trailers: ok })
  )
  const wire = connectWire(t, url)
  const controller = new AbortController()
  const waiting = wire.unary(getProduct, message, { signal: controller.signal })
  controller.abort()
  await t.rejects(waiting, { code: Code.Canceled }, 'while the connection opens')
  await t.rejects(wire.unary(getProduct, message, { signal: AbortSignal.abort() }), { code: Code.Canceled })
  await wire.unary(getProduct, message)
  t.equal(streams.length, 1)
})

t.test('an upstream that refuses before it has heard everything is understood', async t => {
  const { url, streams } = await startRawServer(t, stream => {
    stream.respond({ ...grpcHeaders, 'grpc-status': '7' }, { endStream: true })
  })
  const wire = connectWire(t, url, { writeMaxBytes: 4 * 1024 * 1024 })
  await t.rejects(wire.unary(getProduct, Buffer.alloc(3 * 1024 * 1024)), { code: Code.PermissionDenied })
  await until(() => streams[0]?.destroyed === true)
})

t.test('a call that waits for its turn on a busy connection keeps its deadline', async t => {
  const { url, streams } = await startRawServer(t, () => {}, { settings: { maxConcurrentStreams: 1 } })
  const wire = connectWire(t, url)
  const first = wire.unary(getProduct, message, { timeoutMs: 60 })
  await until(() => streams.length === 1)
  await t.rejects(wire.unary(getProduct, message, { timeoutMs: 30 }), { code: Code.DeadlineExceeded })
  await t.rejects(first, { code: Code.DeadlineExceeded })
  t.equal(streams.length, 1)
})

t.test('a call that is under way when its connection is to end is finished, and the next has another', async t => {
  const sessions: unknown[] = []
  const { url } = await startRawServer(t, stream => {
    sessions.push(stream.session)
    stream.session?.goaway()
    setImmediate(() => answer(stream, { body: [rawFrame(message)], trailers: ok }))
  })
  const wire = connectWire(t, url)
  const response = await wire.unary(getProduct, message)
  t.equal(Buffer.from(response.message).toString(), 'hello')
  await wire.unary(getProduct, message)
  t.equal(new Set(sessions).size, 2)
})

t.test('a message that is too large is not sent', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const error = await connectWire(t, url)
    .unary(getProduct, Buffer.alloc(64 * 1024 + 1))
    .catch(error => error)
  t.match(error, { code: Code.ResourceExhausted })
  t.match(failureOf(error), { status: 413, reason: 'BODY_TOO_LARGE' })
  t.equal(streams.length, 0)
})

t.test('what was read of an endless answer is bounded', async t => {
  let sent = 0
  const { url } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    const write = () => {
      while (!stream.destroyed && stream.write(Buffer.alloc(16 * 1024))) sent += 16 * 1024
    }
    stream.on('drain', write)
    stream.write(rawFrame(Buffer.alloc(0), { length: 60 * 1024 }))
    write()
  })
  await t.rejects(connectWire(t, url).unary(getProduct, message), { code: Code.Unimplemented })
  t.ok(sent < 1024 * 1024, `${sent} bytes`)
})
