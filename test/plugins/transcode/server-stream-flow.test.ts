import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { until } from '../../helper.ts'
import { answerTo, cancelled, createTextReader, startStreams } from './stream-gateway.ts'

const events = '/v1/topics/news/events'
const sse = { accept: 'text/event-stream' }

/** A stream of two events. */
async function* two() {
  yield { seq: 1n, text: 'one' }
  yield { seq: 2n, text: 'two' }
}

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

t.test('a service that is lost under a stream is told in the stream', async t => {
  const { send, breakService } = await startStreams(t, {
    async *watchTopic(_request, context) {
      yield { seq: 1n }
      await cancelled(context)
    }
  })
  const read = createTextReader(await answerTo(send('GET', events)))
  await read('\n')
  breakService()
  t.match(JSON.parse(await read('\n')), { code: 'UNAVAILABLE', reason: 'UPSTREAM_UNAVAILABLE' })
})

t.test('and so is a deadline that passes', async t => {
  const { send, calls } = await startStreams(
    t,
    {
      async *watchTopic(_request, context) {
        yield { seq: 1n }
        await cancelled(context)
      }
    },
    { methods: { watchTopic: { deadlineMs: 300 } } }
  )
  const read = createTextReader(await answerTo(send('GET', events)))
  await read('\n')
  t.match(JSON.parse(await read('\n')), { code: 'DEADLINE_EXCEEDED', reason: 'UPSTREAM_TIMEOUT' })
  await cancelled(calls[0]!)
})

t.test('and so is a message that is too large', async t => {
  const { send, calls } = await startStreams(t, {
    async *watchTopic(_request, { signal }) {
      yield { seq: 1n }
      while (!signal.aborted) yield { text: 'x'.repeat(5 * 1024 * 1024) }
    }
  })
  const read = createTextReader(await answerTo(send('GET', events)))
  await read('\n')
  t.match(JSON.parse(await read('\n')), { reason: 'UPSTREAM_INVALID_RESPONSE' })
  await cancelled(calls[0]!)
})

t.test('closing the gateway ends its streams, and their clients are told', async t => {
  const { gateway, send, calls } = await startStreams(t, {
    async *watchTopic(_request, context) {
      yield { seq: 1n }
      await cancelled(context)
    }
  })
  const lines = createTextReader(await answerTo(send('GET', events)))
  const browser = createTextReader(await answerTo(send('GET', events, { headers: sse })))
  await lines('\n')
  await browser('\n\n')
  const closed = gateway.close()
  t.match(JSON.parse(await lines('\n')), { code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' })
  t.match(await browser('\n\n'), /^event: error\n.*SHUTTING_DOWN/)
  await Promise.all(calls.map(cancelled))
  await closed
})

t.test('a stream that comes while the gateway closes is refused', async t => {
  const { gateway, send } = await startStreams(
    t,
    { watchTopic: two },
    { extend: gateway => gateway.register(async scope => scope.addHook('preClose', holdClose)) }
  )
  const held = Promise.withResolvers<void>()
  const hold = Promise.withResolvers<void>()
  async function holdClose() {
    held.resolve()
    await hold.promise
  }
  const closed = gateway.close()
  await held.promise
  const response = await answerTo(send('GET', events))
  t.equal(response.statusCode, 503)
  t.match(JSON.parse(await createTextReader(response)('\n')), { reason: 'SHUTTING_DOWN' })
  hold.resolve()
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
