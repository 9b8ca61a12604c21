import { constants } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { ServerReflection } from '../../../../gen/grpc/reflection/v1/reflection_pb.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import { answer, collect, grpcHeaders, rawFrame, startRawServer } from './servers.ts'
import { createSource } from './source.ts'

const { watchTopic } = StreamService.method
const { serverReflectionInfo } = ServerReflection.method
const [one, two] = [Buffer.from('one'), Buffer.from('two')]
const ok = { 'grpc-status': '0' }

t.test('compressed messages are unpacked', async t => {
  const body = [rawFrame(gzipSync(one), { flag: 1 }), rawFrame(two)]
  const headers = { ...grpcHeaders, 'grpc-encoding': 'gzip' }
  const { url } = await startRawServer(t, stream => answer(stream, { headers, body, trailers: ok }))
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  t.same(await collect(messages), ['one', 'two'])
})

t.test('an upstream that sends faster than its answer is read is held back', async t => {
  let sent = 0
  const { url, streams } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    const frame = rawFrame(Buffer.alloc(1024))
    const write = () => {
      do sent += 1
      while (stream.write(frame))
    }
    stream.on('drain', write)
    write()
  })
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  const reading = messages[Symbol.asyncIterator]()
  // When nothing moves any more, the window is full.
  for (let last = -1; last !== sent; ) {
    last = sent
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(sent < 512, `${sent} KiB`)
  const before = sent
  for (let index = 0; index < 1_000; index++) await reading.next()
  t.ok(sent > before + 500, 'and goes on when it is')
  await reading.return?.()
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('messages that have come are given out without a wait', async t => {
  const { url } = await startRawServer(t, stream => {
    answer(stream, { body: [Buffer.concat([rawFrame(one), rawFrame(two)])], trailers: ok })
  })
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  await messages.next()
  let second: IteratorResult<Uint8Array> | undefined
  messages.next().then(result => {
    second = result
  })
  await Promise.resolve()
  t.same(Buffer.from(second?.value ?? []), two)
})

t.test('many small messages come as they were sent', async t => {
  const count = 10_000
  const { url } = await startRawServer(t, stream => {
    const body = Array.from({ length: count }, (_, index) => rawFrame(Buffer.from(`${index}`)))
    answer(stream, { body: [Buffer.concat(body)], trailers: ok })
  })
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  const texts = await collect(messages)
  t.same(
    texts,
    Array.from({ length: count }, (_, index) => `${index}`)
  )
})

t.test('whoever stops to read ends the call, and the messages that it was sending', async t => {
  const { url, streams } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    stream.write(rawFrame(one))
  })
  const { source, messages: questions } = createSource()
  const { messages } = await connectWire(t, url).stream(serverReflectionInfo, questions)
  for await (const message of messages) {
    t.same(Buffer.from(message), one)
    break
  }
  t.equal(source.returned, true)
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('who has stopped to read has no error to handle, also of a message that was asked for before', async t => {
  const { url } = await startRawServer(t, stream => stream.respond(grpcHeaders))
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  const asked = messages.next()
  await messages.return?.()
  t.same(await asked, { done: true, value: undefined })
  t.same(await messages.next(), { done: true, value: undefined })
})

t.test('nor has who has heard of one, and stops then', async t => {
  const { url } = await startRawServer(t, stream => answer(stream, { trailers: { 'grpc-status': '5' } }))
  const { messages } = await connectWire(t, url).stream(watchTopic, one)
  await t.rejects(messages.next(), { code: Code.NotFound })
  await messages.return?.()
  t.same(await messages.next(), { done: true, value: undefined })
})
