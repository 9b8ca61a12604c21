import { once } from 'node:events'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { answerTo, createTextReader, startStreams } from './stream-gateway.ts'

const events = '/v1/topics/news/events'
const sse = { accept: 'text/event-stream' }
const array = { accept: 'application/json' }

/** A stream of two events. */
async function* two() {
  yield { seq: 1n, text: 'one' }
  yield { seq: 2n, text: 'two' }
}

t.test('a stream is NDJSON, a line per message', async t => {
  const { call } = await startStreams(t, { watchTopic: two })
  const { status, headers, text } = await call('GET', events)
  t.equal(status, 200)
  t.equal(headers['content-type'], 'application/x-ndjson')
  t.equal(headers['x-accel-buffering'], 'no')
  t.equal(headers.vary, 'accept')
  t.equal(headers.connection, 'close')
  t.ok(headers['x-request-id'])
  t.equal(text, '{"seq":"1","text":"one"}\n{"seq":"2","text":"two"}\n')
})

t.test('or events, with the names and ids of the policy', async t => {
  const { call } = await startStreams(t, { watchTopic: two })
  const { headers, text } = await call('GET', events, { headers: sse })
  t.equal(headers['content-type'], 'text/event-stream')
  t.equal(headers['cache-control'], 'no-store')
  t.equal(headers['x-accel-buffering'], 'no')
  t.equal(
    text,
    'id: 1\nevent: topic\ndata: {"seq":"1","text":"one"}\n\nid: 2\nevent: topic\ndata: {"seq":"2","text":"two"}\n\n'
  )
})

t.test('or an array, for who asks for JSON', async t => {
  const { call } = await startStreams(t, { watchTopic: two })
  const { headers, text } = await call('GET', events, { headers: array })
  t.equal(headers['content-type'], 'application/json')
  t.equal(text, '[{"seq":"1","text":"one"},{"seq":"2","text":"two"}]')
})

t.test('a form that there is none of is 406, and nobody is asked', async t => {
  const { call, calls } = await startStreams(t, { watchTopic: two })
  const { status, text } = await call('GET', events, { headers: { accept: 'text/html' } })
  t.equal(status, 406)
  t.match(JSON.parse(text), { code: 'INVALID_ARGUMENT', reason: 'NOT_ACCEPTABLE', request_id: String })
  t.equal(calls.length, 0)
})

t.test('response_body picks a field of each message', async t => {
  const { call } = await startStreams(t, { watchTopic: two })
  const { text } = await call('GET', '/v1/topics/news/texts')
  t.equal(text, '"one"\n"two"\n')
})

t.test('a stream may be asked for with a body', async t => {
  const { call } = await startStreams(t, {
    async *searchTopic({ topic, afterSeq }) {
      yield { seq: afterSeq, text: topic }
    }
  })
  const headers = { ...sse, 'content-type': 'application/json' }
  const { text } = await call('POST', '/v1/topics/news:search', { headers, body: '{"after_seq":"7"}' })
  t.equal(text, 'data: {"seq":"7","text":"news"}\n\n')
})

t.test('a message arrives when it is sent, not when the stream ends', async t => {
  const more = Promise.withResolvers<void>()
  const { send } = await startStreams(t, {
    async *watchTopic() {
      yield { seq: 1n }
      await more.promise
      yield { seq: 2n }
    }
  })
  const read = createTextReader(await answerTo(send('GET', events)))
  t.match(await read('\n'), '"seq":"1"')
  more.resolve()
  t.match(await read('\n'), '"seq":"2"')
})

t.test('a stream without messages is empty, in its form', async t => {
  const { call } = await startStreams(t, { async *watchTopic() {} })
  for (const [accept, empty] of [
    ['application/x-ndjson', ''],
    ['text/event-stream', ''],
    ['application/json', '[]']
  ]) {
    const { status, headers, text } = await call('GET', events, { headers: { accept: accept! } })
    t.same([status, headers['content-type'], text], [200, accept, empty])
  }
})

t.test('an error before the first message has its own status', async t => {
  const { call } = await startStreams(t, {
    // biome-ignore lint/correctness/useYield: it fails before
    async *watchTopic() {
      throw new ConnectError('no such topic', Code.NotFound)
    }
  })
  for (const headers of [{}, sse, array]) {
    const answer = await call('GET', events, { headers })
    t.equal(answer.status, 404)
    t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.match(JSON.parse(answer.text), { error: 'no such topic', code: 'NOT_FOUND' })
  }
})

/** A stream that fails after its first message. */
async function* failing() {
  yield { seq: 1n, text: 'one' }
  throw new ConnectError('the topic was closed', Code.Aborted)
}

t.test('an error after the first message is the last line, and the connection closes', async t => {
  const { send } = await startStreams(t, { watchTopic: failing })
  const request = send('GET', events)
  const response = await answerTo(request)
  const closed = once(request.socket!, 'close')
  const read = createTextReader(response)
  t.equal(await read('\n'), '{"seq":"1","text":"one"}\n')
  t.match(JSON.parse(await read('\n')), {
    error: 'the topic was closed',
    code: 'ABORTED',
    details: [],
    request_id: String
  })
  await closed
  t.equal(response.complete, true)
})

t.test('or an event of its own', async t => {
  const { call } = await startStreams(t, { watchTopic: failing })
  const { text, broken } = await call('GET', events, { headers: sse })
  const [message, error] = text.split('\n\n')
  t.match(message, 'data: {"seq":"1","text":"one"}')
  t.match(error, /^event: error\ndata: {"error":"the topic was closed","code":"ABORTED"/)
  t.equal(broken, false)
})

t.test('or breaks the connection, as an array has no place for it', async t => {
  const { call } = await startStreams(t, { watchTopic: failing })
  const { status, text, broken } = await call('GET', events, { headers: array })
  t.equal(status, 200)
  t.equal(text, '[{"seq":"1","text":"one"}')
  t.equal(broken, true)
})

t.test('an error in a stream has one shape; before it, the one that the client wants', async t => {
  const { call } = await startStreams(t, {
    async *watchTopic({ topic }) {
      if (topic === 'news') yield* failing()
      throw new ConnectError('no such topic', Code.NotFound)
    }
  })
  const headers = { accept: 'application/problem+json, application/x-ndjson' }
  const within = await call('GET', events, { headers })
  t.match(within.text.split('\n')[1], /^{"error":"the topic was closed","code":/)
  const before = await call('GET', '/v1/topics/none/events', { headers })
  t.equal(before.headers['content-type'], 'application/problem+json; charset=utf-8')
  t.match(JSON.parse(before.text), { status: 404, detail: 'no such topic' })
})

t.test('what breaks inside is not told, also not in a stream', async t => {
  const { call } = await startStreams(t, {
    async *watchTopic() {
      yield { seq: 1n }
      throw new ConnectError('password=hunter2', Code.Internal)
    }
  })
  const { text } = await call('GET', events)
  t.match(JSON.parse(text.split('\n')[1]!), { error: 'internal error', reason: 'INTERNAL' })
  t.notMatch(text, 'hunter2')
})

t.test('a message that has no JSON form is the fault of the service, first or later', async t => {
  const unprintable = { at: { seconds: 253_402_300_800n } }
  const { call } = await startStreams(t, {
    async *watchTopic({ afterSeq }) {
      if (afterSeq > 0n) yield { seq: 1n }
      yield unprintable
    }
  })
  const first = await call('GET', events)
  t.equal(first.status, 502)
  t.match(JSON.parse(first.text), { reason: 'UPSTREAM_INVALID_RESPONSE' })
  const later = await call('GET', `${events}?after_seq=1`)
  t.equal(later.status, 200)
  t.match(JSON.parse(later.text.split('\n')[1]!), { reason: 'UPSTREAM_INVALID_RESPONSE' })
})

t.test('Last-Event-ID is where the stream goes on, whatever the URL said when it began', async t => {
  const asked: bigint[] = []
  const { call } = await startStreams(t, {
    async *watchTopic({ afterSeq }) {
      asked.push(afterSeq)
      yield { seq: afterSeq + 1n }
    }
  })
  await call('GET', events, { headers: { ...sse, 'last-event-id': '41' } })
  await call('GET', `${events}?after_seq=7`, { headers: { ...sse, 'last-event-id': '41' } })
  await call('GET', `${events}?after_seq=7`, { headers: { ...sse, 'last-event-id': '' } })
  await call('GET', `${events}?after_seq=7`, { headers: sse })
  t.same(asked, [41n, 41n, 7n, 7n])
})

t.test('a Last-Event-ID that the field cannot take is 400', async t => {
  const { call, calls } = await startStreams(t, { watchTopic: two })
  for (const id of ['abc', '1.5', '99999999999999999999', '-1']) {
    const { status, text } = await call('GET', events, { headers: { ...sse, 'last-event-id': id } })
    t.equal(status, 400, id)
    t.match(JSON.parse(text), { code: 'INVALID_ARGUMENT', details: [{}, { field_violations: [{}] }] }, id)
  }
  t.equal(calls.length, 0)
})

t.test('a browser that has seen everything is told not to come back', async t => {
  const { call } = await startStreams(t, { async *watchTopic() {} })
  const { status, text } = await call('GET', events, { headers: { ...sse, 'last-event-id': '41' } })
  t.equal(status, 204)
  t.equal(text, '')
})
