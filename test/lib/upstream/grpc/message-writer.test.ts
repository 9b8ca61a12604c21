import { constants } from 'node:http2'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import { answer, collect, each, rawFrame, startRawServer } from './servers.ts'
import { createSource } from './source.ts'

const { importTopic } = StreamService.method
const [one, two] = [Buffer.from('one'), Buffer.from('two')]
const ok = { 'grpc-status': '0' }

t.test('messages are pulled no faster than the upstream takes them', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  let pulled = 0
  let returned = false
  async function* endless() {
    try {
      for (;;) {
        pulled += 1
        yield Buffer.alloc(16 * 1024)
      }
    } finally {
      returned = true
    }
  }
  const controller = new AbortController()
  const call = connectWire(t, url).stream(importTopic, endless(), { signal: controller.signal })
  call.catch(() => {})
  await until(() => streams.length === 1)
  for (let last = -1; last !== pulled; ) {
    last = pulled
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(pulled < 64, `${pulled} messages of 16 KiB`)
  controller.abort()
  await t.rejects(call, { code: Code.Canceled })
  await until(() => returned)
})

t.test('the time for the answer to begin is not that of a long upload', async t => {
  const { url } = await startRawServer(t, stream => {
    stream.resume()
    stream.on('end', () => answer(stream, { body: [rawFrame(one)], trailers: ok }))
  })
  async function* slow() {
    const startedAt = performance.now()
    yield one
    await until(() => performance.now() - startedAt > 300)
    yield two
  }
  const { messages } = await connectWire(t, url, { headersTimeoutMs: 200 }).stream(importTopic, slow())
  t.same(await collect(messages), ['one'])
})

t.test('messages that fail cancel the call, which has that as its cause', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const cause = new RangeError('the third is wrong')
  async function* failing() {
    yield one
    throw cause
  }
  await t.rejects(connectWire(t, url).stream(importTopic, failing()), { code: Code.Canceled, cause })
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('a message that is too large is not sent, and cancels the call', async t => {
  const { url } = await startRawServer(t, () => {})
  const call = connectWire(t, url).stream(importTopic, each(one, Buffer.alloc(64 * 1024 + 1)))
  await t.rejects(call, { code: Code.ResourceExhausted })
})

t.test('an upstream that has its answer need not hear the rest', async t => {
  const { url } = await startRawServer(t, stream => answer(stream, { body: [rawFrame(one)], trailers: ok }))
  const { source, messages: questions } = createSource()
  const { messages } = await connectWire(t, url).stream(importTopic, questions)
  t.same(await collect(messages), ['one'])
  t.equal(source.returned, true)
})

t.test('messages that cannot be begun with are messages that fail', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const cause = new TypeError('somebody else reads them')
  const locked = {
    [Symbol.asyncIterator]() {
      throw cause
    }
  }
  await t.rejects(connectWire(t, url).stream(importTopic, locked), { code: Code.Canceled, cause })
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

const careless: Record<string, () => never> = {
  'does not promise anything': () => undefined as never,
  throws: () => {
    throw new Error('it was closed')
  }
}

for (const [what, onReturn] of Object.entries(careless)) {
  t.test(`an upstream that has its answer is heard when the source that need not go on ${what}`, async t => {
    const { url } = await startRawServer(t, stream => answer(stream, { body: [rawFrame(one)], trailers: ok }))
    const waiting = { next: () => new Promise<never>(() => {}), return: onReturn }
    const { messages } = await connectWire(t, url).stream(importTopic, { [Symbol.asyncIterator]: () => waiting })
    t.same(await collect(messages), ['one'])
  })
}
