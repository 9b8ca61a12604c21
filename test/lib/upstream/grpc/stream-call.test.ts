import { constants, type ServerHttp2Stream } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { ServerReflection } from '../../../../gen/grpc/reflection/v1/reflection_pb.ts'
import type { Policy } from '../../../../lib/upstream/grpc/call.ts'
import { fieldOf } from '../../../../lib/upstream/grpc/fields.ts'
import type { Wire } from '../../../../lib/upstream/grpc/wire.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import { answer, collect, each, grpcHeaders, rawFrame, startRawServer } from './servers.ts'
import { createSource } from './source.ts'

const { watchTopic, importTopic } = StreamService.method
const { serverReflectionInfo } = ServerReflection.method
const [one, two] = [Buffer.from('one'), Buffer.from('two')]
const ok = { 'grpc-status': '0' }

t.test('a server stream is read message by message, to its trailers', async t => {
  const { url } = await startRawServer(t, stream => {
    stream.respond({ ...grpcHeaders, a: '1' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ ...ok, b: '2' }))
    stream.write(Buffer.concat([rawFrame(one), rawFrame(two).subarray(0, 6)]))
    setImmediate(() => stream.end(rawFrame(two).subarray(6)))
  })
  const answer = await connectWire(t, url).stream(watchTopic, one)
  t.equal(fieldOf(answer.headers, 'a'), '1')
  t.same(await collect(answer.messages), ['one', 'two'])
  t.equal(fieldOf(answer.trailers, 'b'), '2')
})

t.test('a stream may have no messages at all', async t => {
  for (const headers of [grpcHeaders, { ...grpcHeaders, ...ok }]) {
    const { url } = await startRawServer(t, stream => answer(stream, { headers, trailers: ok }))
    const { messages } = await connectWire(t, url).stream(watchTopic, one)
    t.same(await collect(messages), [])
  }
})

t.test('a client stream is sent message by message, and answered with one', async t => {
  const received: Buffer[] = []
  const { url } = await startRawServer(t, stream => {
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    stream.on('end', () => answer(stream, { body: [rawFrame(one)], trailers: ok }))
  })
  const { messages } = await connectWire(t, url).stream(importTopic, each(one, two))
  t.same(await collect(messages), ['one'])
  t.same(Buffer.concat(received), Buffer.concat([rawFrame(one), rawFrame(two)]))
})

t.test('both sides may speak in turn', async t => {
  const { url } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(ok))
    stream.pipe(stream)
  })
  const { source, messages: questions } = createSource()
  const { messages } = await connectWire(t, url).stream(serverReflectionInfo, questions)
  const answers = messages[Symbol.asyncIterator]()
  for (const message of [one, two]) {
    await until(() => source.pulled > 0)
    source.pulled = 0
    source.send(message)
    t.same(Buffer.from((await answers.next()).value), message)
  }
  source.send(null)
  t.equal((await answers.next()).done, true)
})

/** Reads a stream until it fails: what came before, and the code. */
async function readFailing(messages: AsyncIterable<Uint8Array>): Promise<[number, Code | undefined]> {
  let count = 0
  try {
    for await (const _ of messages) count += 1
    return [count, undefined]
  } catch (error) {
    return [count, (error as { code: Code }).code]
  }
}

const gzip = { ...grpcHeaders, 'grpc-encoding': 'gzip' }

/** How a stream may break: how many messages come before, and the code. */
const broken: Record<string, [(stream: ServerHttp2Stream) => void, number, Code]> = {
  'an error status': [
    stream => answer(stream, { body: [rawFrame(one)], trailers: { 'grpc-status': '5' } }),
    1,
    Code.NotFound
  ],
  'no status': [stream => answer(stream, { body: [rawFrame(one), rawFrame(two)] }), 2, Code.Internal],
  'half a message': [
    stream => answer(stream, { body: [rawFrame(one), rawFrame(two).subarray(0, 7)], trailers: ok }),
    1,
    Code.Internal
  ],
  'a message above the limit': [
    stream => answer(stream, { body: [rawFrame(one), rawFrame(two, { length: 2 ** 31 })], trailers: ok }),
    1,
    Code.ResourceExhausted
  ],
  'a gzip bomb': [
    stream => {
      const bomb = rawFrame(gzipSync(Buffer.alloc(8 * 1024 * 1024)), { flag: 1 })
      answer(stream, { headers: gzip, body: [rawFrame(one), bomb], trailers: ok })
    },
    1,
    Code.ResourceExhausted
  ],
  'a flag that is none': [
    stream => answer(stream, { body: [rawFrame(one), rawFrame(two, { flag: 3 })], trailers: ok }),
    1,
    Code.Internal
  ],
  'a connection that ends': [
    stream => {
      stream.respond(grpcHeaders)
      stream.write(rawFrame(one), () => stream.session?.destroy())
    },
    1,
    Code.Unavailable
  ]
}

for (const [name, [onStream, count, code]] of Object.entries(broken)) {
  t.test(`a stream that breaks with ${name} fails after what came before`, async t => {
    const { url } = await startRawServer(t, onStream)
    const { messages } = await connectWire(t, url).stream(watchTopic, one)
    t.same(await readFailing(messages), [count, code])
    await t.rejects(messages[Symbol.asyncIterator]().next(), { code }, 'and stays failed')
  })
}

t.test('an error instead of an answer fails the call, and not its messages', async t => {
  const { url } = await startRawServer(t, stream => answer(stream, { headers: { ...grpcHeaders, 'grpc-status': '7' } }))
  await t.rejects(connectWire(t, url).stream(watchTopic, one), { code: Code.PermissionDenied })
})

t.test('a client stream is answered with one message, no more and no less', async t => {
  const none = await startRawServer(t, stream => answer(stream, { trailers: ok }))
  const two = await startRawServer(t, stream => answer(stream, { body: [rawFrame(one), rawFrame(one)], trailers: ok }))
  for (const [{ url }, count] of [
    [none, 0],
    [two, 1]
  ] as const) {
    const { messages } = await connectWire(t, url).stream(importTopic, each(one))
    t.same(await readFailing(messages), [count, Code.Unimplemented])
  }
})

t.test('an abort fails who waits for a message at once, and the stream is reset', async t => {
  const { url, streams } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    stream.write(Buffer.concat([rawFrame(one), rawFrame(two)]))
  })
  const controller = new AbortController()
  const { signal } = controller
  const { source, messages: questions } = createSource()
  const { messages } = await connectWire(t, url).stream(serverReflectionInfo, questions, { signal })
  const reading = messages[Symbol.asyncIterator]()
  await reading.next()
  controller.abort()
  await t.rejects(reading.next(), { code: Code.Canceled }, 'even when more has come')
  t.equal(source.returned, true)
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('a deadline ends a stream, whatever still comes', async t => {
  const { url, streams } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    const timer = setInterval(() => stream.write(rawFrame(one)), 5)
    stream.once('close', () => clearInterval(timer))
  })
  const { messages } = await connectWire(t, url).stream(watchTopic, one, { timeoutMs: 60 })
  const [, code] = await readFailing(messages)
  t.equal(code, Code.DeadlineExceeded)
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('without a deadline, the answer must begin in time, and may then go on', async t => {
  const { url, streams } = await startRawServer(t, (stream, headers) => {
    t.equal(headers['grpc-timeout'], undefined)
    if (headers.late !== undefined) return
    stream.respond(grpcHeaders, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(ok))
  })
  const wire = connectWire(t, url, { headersTimeoutMs: 300 })
  const { messages } = await wire.stream(watchTopic, one)
  await t.rejects(wire.stream(watchTopic, one, { header: { late: '1' } }), { code: Code.DeadlineExceeded })
  streams[0]?.end(rawFrame(one))
  t.same(await collect(messages), ['one'], 'after more than that time')
})

t.test('a message may be larger than the window, in both directions', async t => {
  const large = Buffer.alloc(2 * 1024 * 1024, 'ab')
  const { url } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(ok))
    stream.pipe(stream)
  })
  const wire = connectWire(t, url, { readMaxBytes: large.length, writeMaxBytes: large.length })
  const { messages } = await wire.stream(serverReflectionInfo, each(large, large))
  for await (const message of messages) t.ok(large.equals(message))
})

/** Calls, and waits for how the stream ends, without reading it. */
async function followed(wire: Wire): Promise<unknown[]> {
  const told: unknown[] = []
  const answer = await wire.stream(watchTopic, one)
  answer.onOver(error => told.push(error))
  await until(() => told.length > 0)
  // Who comes late is told too.
  answer.onOver(error => told.push(error))
  return told
}

t.test('a stream tells how it ends, also when nobody reads it', async t => {
  const well = await startRawServer(t, stream => answer(stream, { body: [rawFrame(one)], trailers: ok }))
  t.same(await followed(connectWire(t, well.url)), [null, null])
  const badly = await startRawServer(t, stream => answer(stream, { body: [], trailers: { 'grpc-status': '5' } }))
  const [error, again] = await followed(connectWire(t, badly.url))
  t.match(error, { code: Code.NotFound })
  t.equal(again, error)
})

t.test('an abort is told at once to who follows the stream', async t => {
  const { url } = await startRawServer(t, stream => stream.respond(grpcHeaders))
  const controller = new AbortController()
  const answer = await connectWire(t, url).stream(watchTopic, one, { signal: controller.signal })
  const told: unknown[] = []
  answer.onOver(error => told.push(error))
  controller.abort()
  t.match(told, [{ code: Code.Canceled }])
})

t.test('a policy may tell readers and followers another error', async t => {
  const { url } = await startRawServer(t, stream => {
    answer(stream, { body: [rawFrame(one)], trailers: { 'grpc-status': '5' } })
  })
  const policy: Policy = next => async call => {
    const answer = await next(call)
    if (answer.stream) answer.translate = error => new RangeError('other', { cause: error })
    return answer
  }
  const answered = await connectWire(t, url, { policies: [policy] }).stream(watchTopic, one)
  const other = { name: 'RangeError', cause: { code: Code.NotFound } }
  await answered.messages.next()
  await t.rejects(answered.messages.next(), other)
  answered.onOver(error => t.match(error, other))
})

t.test('an attempt tells once when its stream is over, and how', async t => {
  const rows: [(stream: ServerHttp2Stream) => void, Code | null][] = [
    [stream => answer(stream, { body: [rawFrame(one)], trailers: ok }), null],
    [stream => answer(stream, { headers: { ...grpcHeaders, 'grpc-status': '7' } }), Code.PermissionDenied],
    [stream => stream.close(constants.NGHTTP2_INTERNAL_ERROR), Code.Internal],
    [() => {}, Code.DeadlineExceeded]
  ]
  for (const [onStream, code] of rows) {
    const { url } = await startRawServer(t, onStream)
    const over: (Code | null)[] = []
    const wire = connectWire(t, url, { onOver: error => over.push(error === null ? null : error.code) })
    const timeoutMs = code === Code.DeadlineExceeded ? 50 : 10_000
    const call = wire.stream(watchTopic, one, { timeoutMs })
    if (code === null) await collect((await call).messages)
    else await t.rejects(call, { code })
    await until(() => over.length > 0)
    t.same(over, [code])
  }
})
