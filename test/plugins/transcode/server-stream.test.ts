import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import t from 'tap'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { until } from '../../helper.ts'
import { answerTo, createTextReader, startStreams } from './stream-gateway.ts'

const events = '/v1/topics/news/events'
const sse = { accept: 'text/event-stream' }
const array = { accept: 'application/json' }

/** A stream of two events. */
async function* two() {
  yield { seq: 1n, text: 'one' }
  yield { seq: 2n, text: 'two' }
}

/** Waits until the call is cancelled. */
async function cancelled({ signal }: HandlerContext): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

t.test('a stream is NDJSON, a line per message', async t => {
  const { call } = await startStreams(t, { watchTopic: two })
  const { status, headers, text } = await call('GET', events)
  t.equal(status, 200)
  t.equal(headers['content-type'], 'application/x-ndjson')
  t.equal(headers['x-accel-buffering'], 'no')
  t.equal(headers.vary, 'accept')
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

t.test('a client that goes away cancels the call', async t => {
  const { send, calls } = await startStreams(t, {
    async *watchTopic(_request, context) {
      yield { seq: 1n }
      await cancelled(context)
    }
  })
  const request = send('GET', events)
  await createTextReader(await answerTo(request))('\n')
  request.destroy()
  await cancelled(calls[0]!)
  t.pass()
})

t.test('also before the first message', async t => {
  const { send, calls } = await startStreams(t, {
    // biome-ignore lint/correctness/useYield: it waits for nothing
    async *watchTopic(_request, context) {
      await cancelled(context)
    }
  })
  const request = send('GET', events)
  await until(() => calls.length === 1)
  request.destroy()
  await cancelled(calls[0]!)
  t.pass()
})

t.test('a service is asked for no more than its slow reader takes', async t => {
  const text = 'x'.repeat(64 * 1024)
  const total = 500
  let produced = 0
  const { send } = await startStreams(t, {
    async *watchTopic() {
      for (; produced < total; produced++) yield { text }
    }
  })
  const response = await answerTo(send('GET', events))
  let before = -1
  await until(async () => {
    before = produced
    await new Promise(resolve => setTimeout(resolve, 50))
    return produced === before
  })
  t.ok(produced > 0 && produced < total / 2, `produced ${produced}`)
  let length = 0
  for await (const chunk of response) length += (chunk as Buffer).length
  t.equal(length, total * `{"seq":"0","text":"${text}"}\n`.length)
})

t.test('a silent event stream is opened and kept alive by comments', async t => {
  const more = Promise.withResolvers<void>()
  const { send } = await startStreams(
    t,
    {
      async *watchTopic() {
        await more.promise
        yield { seq: 1n }
      }
    },
    { keepAliveMs: 10 }
  )
  const response = await answerTo(send('GET', events, { headers: sse }))
  const read = createTextReader(response)
  t.equal(response.statusCode, 200)
  t.equal(await read('\n\n'), ': keep-alive\n\n')
  t.equal(await read('\n\n'), ': keep-alive\n\n')
  more.resolve()
  t.match(await read('data: '), 'id: 1\n')
})

t.test('an error after the first comment is an event', async t => {
  const fail = Promise.withResolvers<void>()
  const { send } = await startStreams(
    t,
    {
      // biome-ignore lint/correctness/useYield: it fails before
      async *watchTopic() {
        await fail.promise
        throw new ConnectError('no such topic', Code.NotFound)
      }
    },
    { keepAliveMs: 10 }
  )
  const read = createTextReader(await answerTo(send('GET', events, { headers: sse })))
  await read('\n\n')
  fail.resolve()
  t.match(await read('"no such topic"'), 'event: error\ndata: {"error":"no such topic"')
})

t.test('closing the gateway ends its streams, and their clients are told', async t => {
  const { gateway, send, calls } = await startStreams(t, {
    async *watchTopic(_request, context) {
      yield { seq: 1n }
      await cancelled(context)
    }
  })
  const lines = createTextReader(await answerTo(send('GET', events)))
  const eventsOf = createTextReader(await answerTo(send('GET', events, { headers: sse })))
  await lines('\n')
  await eventsOf('\n\n')
  const closed = gateway.close()
  t.match(JSON.parse(await lines('\n')), { code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' })
  t.match(await eventsOf('\n\n'), /^event: error\n.*SHUTTING_DOWN/)
  await Promise.all(calls.map(cancelled))
  await closed
})

t.test('HEAD answers as GET does, without the body, and needs no more of the stream', async t => {
  const { call, calls } = await startStreams(t, {
    async *watchTopic(_request, context) {
      yield { seq: 1n }
      await cancelled(context)
    }
  })
  const { status, headers, text } = await call('HEAD', events, { headers: sse })
  t.equal(status, 200)
  t.equal(headers['content-type'], 'text/event-stream')
  t.equal(text, '')
  await cancelled(calls[0]!)
})

t.test('a request is over when its stream is: that is what logs, metrics and spans hear', async t => {
  const more = Promise.withResolvers<void>()
  const over: (string | number | undefined)[] = []
  const { send } = await startStreams(
    t,
    {
      async *watchTopic() {
        yield { seq: 1n }
        await more.promise
        throw new ConnectError('closed', Code.Aborted)
      }
    },
    {
      extend: gateway =>
        gateway.register(async scope =>
          scope.onCompleted((request, _reply, status) => over.push(status, request.failure?.reason))
        )
    }
  )
  const read = createTextReader(await answerTo(send('GET', events)))
  await read('\n')
  t.same(over, [])
  more.resolve()
  await until(() => over.length > 0)
  t.same(over, [200, 'ABORTED'])
})

t.test('a stream may be silent for longer than its connection or a handler otherwise may', async t => {
  const more = Promise.withResolvers<void>()
  const { gateway, send, call } = await startStreams(
    t,
    {
      async *watchTopic() {
        yield { seq: 1n }
        await more.promise
        yield { seq: 2n }
      }
    },
    {
      server: { connectionTimeout: 60, handlerTimeout: 20 },
      extend: gateway => gateway.get('/hang', { config: { policy: publicPolicy } }, () => new Promise(() => {}))
    }
  )
  const sockets: Socket[] = []
  gateway.server.on('connection', socket => sockets.push(socket))
  const read = createTextReader(await answerTo(send('GET', events)))
  await read('\n')
  await once(sockets[0]!, 'timeout')
  t.equal((await call('GET', '/hang')).status, 504)
  more.resolve()
  t.match(await read('\n'), '"seq":"2"')
})

t.test('a client that does not read is cut off', async t => {
  const text = 'x'.repeat(64 * 1024)
  const { gateway, calls } = await startStreams(
    t,
    {
      async *watchTopic(_request, { signal }) {
        while (!signal.aborted) yield { text }
      }
    },
    { server: { connectionTimeout: 50 } }
  )
  const { port } = gateway.server.address() as { port: number }
  const client = connect(port, '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(`GET ${events} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await until(() => calls.length === 1)
  await cancelled(calls[0]!)
  t.pass()
})
