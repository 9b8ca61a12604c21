import { once } from 'node:events'
import type { ClientRequest } from 'node:http'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { until } from '../../helper.ts'
import { answerTo, cancelled, createTextReader, startStreams } from './stream-gateway.ts'

const importing = '/v1/topics/news:import'
const ndjson = { 'content-type': 'application/x-ndjson' }
const json = { 'content-type': 'application/json' }

interface Imported {
  topic: string
  event?: { seq: bigint; text: string } | undefined
  note: string
}

/** A service that answers with what it was told: `topic/seq/text/note` of each message. */
function echo() {
  const texts: string[] = []
  return {
    texts,
    async importTopic(requests: AsyncIterable<Imported>) {
      for await (const { topic, event, note } of requests) {
        texts.push([topic, event?.seq, event?.text, note].filter(part => part !== undefined && part !== '').join('/'))
      }
      return { topic: 'done', texts }
    }
  }
}

/** Writes a part of a body; false when the gateway does not read it now. */
function write(request: ClientRequest, text: string | Uint8Array): boolean {
  return request.write(text)
}

t.test('each line of a body is a message, to which the path adds what it says', async t => {
  const { call } = await startStreams(t, echo())
  const body = '{"event":{"seq":"1","text":"one"}}\n\n{"event":{"seq":2,"text":"two"},"note":"last"}'
  const { status, headers, text } = await call('POST', importing, { headers: ndjson, body })
  t.equal(status, 201)
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.same(JSON.parse(text), { topic: 'done', texts: ['news/1/one', 'news/2/two/last'] })
})

t.test('or each element of an array', async t => {
  const { call } = await startStreams(t, echo())
  const { text } = await call('POST', importing, { headers: json, body: '[ {"note":"a"}, {"note":"b,]"} ]' })
  t.same(JSON.parse(text).texts, ['news/a', 'news/b,]'])
})

t.test('or a field of each message, and the rest is in path and query', async t => {
  const { call } = await startStreams(t, echo())
  const body = '{"seq":"1","text":"one"}\n{"seq":"2","text":"two"}\n'
  const { text } = await call('POST', '/v1/topics/news/events:import?note=all', { headers: ndjson, body })
  t.same(JSON.parse(text), ['news/1/one/all', 'news/2/two/all'])
})

t.test('a message reaches the service when it is sent, not when the body ends', async t => {
  const service = echo()
  const { send } = await startStreams(t, service)
  const request = send('POST', importing, { headers: ndjson })
  write(request, '{"note":"a"}\n{"no')
  await until(() => service.texts.length === 1)
  write(request, 'te":"b"}\n')
  await until(() => service.texts.length === 2)
  request.end()
  t.equal((await answerTo(request)).statusCode, 201)
})

t.test('an empty body is a stream without messages', async t => {
  const { call, calls } = await startStreams(t, echo())
  for (const [headers, body] of [
    [ndjson, ''],
    [ndjson, '\n'],
    [json, '[]'],
    [{}, '']
  ] as const) {
    const { status, text } = await call('POST', importing, { headers, body })
    t.same([status, JSON.parse(text).texts], [201, []])
  }
  t.equal(calls.length, 4)
})

t.test('a rule without a body makes one message of the path and the query', async t => {
  const { call } = await startStreams(t, echo())
  const { text } = await call('GET', '/v1/topics/news:touch?note=hello')
  t.same(JSON.parse(text).texts, ['news/hello'])
})

t.test('a message that is wrong is 400, says which it is, and cancels the call', async t => {
  const service = echo()
  const { send, calls } = await startStreams(t, service)
  const request = send('POST', importing, { headers: ndjson })
  write(request, '{"note":"a"}\n\n{"note":"b"}\n')
  await until(() => service.texts.length === 2)
  write(request, '{"note":"c","event":{"seq":"x"}}\n{"note":"d"}\n')
  const response = await answerTo(request)
  t.equal(response.statusCode, 400)
  const body = JSON.parse(await createTextReader(response)('\n'))
  t.match(body.error, /^line 4: "event\.seq" must be /)
  t.match(body, { reason: 'INVALID_VALUE', details: [{}, { field_violations: [{ field: '[2].event.seq' }] }] })
  await cancelled(calls[0]!)
  t.same(service.texts.length, 2)
})

t.test('an element that is wrong is named by its index', async t => {
  const { call } = await startStreams(t, echo())
  const { status, text } = await call('POST', importing, { headers: json, body: '[{"note":"a"},{"nite":"b"}]' })
  t.equal(status, 400)
  t.match(JSON.parse(text).error, /^\[1\]: unknown field "nite", did you mean "note"/)
})

const refused: [body: string, headers: Record<string, string>, status: number, reason: string][] = [
  ['{"nite":"a"}', ndjson, 400, 'UNKNOWN_FIELD'],
  ['{"note":', ndjson, 400, 'INVALID_JSON'],
  ['{"note":"a","note":"b"}', ndjson, 400, 'DUPLICATE_KEY'],
  ['{"topic":"olds"}', ndjson, 400, 'BOUND_FIELD'],
  ['{}', json, 400, 'INVALID_JSON'],
  ['[', json, 400, 'INVALID_JSON'],
  ['<a/>', { 'content-type': 'application/xml' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['{}', { 'content-type': 'application/x-ndjson; charset=utf-16' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [`{"note":"${'x'.repeat(2_000)}"}`, ndjson, 413, 'MESSAGE_TOO_LARGE'],
  [`["${'x'.repeat(2_000)}"]`, json, 413, 'MESSAGE_TOO_LARGE']
]

t.test('a body that is wrong from the start is no call', async t => {
  const { call, calls } = await startStreams(t, echo(), { server: { bodyLimit: 1_000 } })
  for (const [body, headers, status, reason] of refused) {
    const answer = await call('POST', importing, { headers, body })
    t.same([answer.status, JSON.parse(answer.text).reason], [status, reason], body.slice(0, 20))
  }
  t.equal(calls.length, 0)
})

t.test('a stream may be larger than what a message may be', async t => {
  const { call } = await startStreams(t, echo(), { server: { bodyLimit: 1_000 } })
  const body = `{"note":"${'x'.repeat(500)}"}\n`.repeat(100)
  const { status, text } = await call('POST', importing, { headers: ndjson, body })
  t.equal(status, 201)
  t.equal(JSON.parse(text).texts.length, 100)
})

t.test('a service that refuses while the client still sends is heard', async t => {
  const { send } = await startStreams(t, {
    async importTopic(requests) {
      for await (const _ of requests) throw new ConnectError('enough', Code.ResourceExhausted)
      return {}
    }
  })
  const request = send('POST', importing, { headers: ndjson })
  const line = `{"note":"${'x'.repeat(10_000)}"}\n`
  const sending = setInterval(() => write(request, line), 1)
  t.teardown(() => clearInterval(sending))
  const response = await answerTo(request)
  t.equal(response.statusCode, 429)
  t.match(JSON.parse(await createTextReader(response)('\n')), { error: 'enough', code: 'RESOURCE_EXHAUSTED' })
})

t.test('a client is read from no faster than the service takes it', async t => {
  const go = Promise.withResolvers<void>()
  let received = 0
  const { send } = await startStreams(t, {
    async importTopic(requests) {
      await go.promise
      for await (const { note } of requests) received += note.length
      return {}
    }
  })
  const request = send('POST', importing, { headers: ndjson })
  const line = `{"note":"${'x'.repeat(100_000)}"}\n`
  let sent = 0
  // Socket buffers hold a few MB; whoever read on would take it all.
  while (sent < 1_000 && request.writableLength < 4_000_000) {
    write(request, line)
    sent++
    await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(sent < 1_000, `sent ${sent}`)
  go.resolve()
  request.end()
  t.equal((await answerTo(request)).statusCode, 201)
  t.equal(received, sent * 100_000)
})

t.test('a client that goes away cancels the call', async t => {
  const service = echo()
  const { send, calls } = await startStreams(t, service)
  const request = send('POST', importing, { headers: ndjson })
  write(request, '{"note":"a"}\n')
  await until(() => service.texts.length === 1)
  request.destroy()
  await cancelled(calls[0]!)
  t.pass()
})

t.test('a stream may take longer than a whole request otherwise may', async t => {
  const service = echo()
  const { gateway, send } = await startStreams(t, service, {
    server: { requestTimeout: 50, http: { headersTimeout: 50, connectionsCheckingInterval: 10 } }
  })
  const late = once(gateway.server, 'clientError')
  const request = send('POST', importing, { headers: ndjson })
  write(request, '{"note":"a"}\n')
  await late
  request.end('{"note":"b"}\n')
  t.equal((await answerTo(request)).statusCode, 201)
  t.equal(service.texts.length, 2)
})

t.test('a client that pauses for longer than a connection may be silent is 408', async t => {
  const { send, calls } = await startStreams(t, echo(), { server: { connectionTimeout: 50 } })
  const request = send('POST', importing, { headers: ndjson })
  write(request, '{"note":"a"}\n')
  const response = await answerTo(request)
  t.equal(response.statusCode, 408)
  t.match(JSON.parse(await createTextReader(response)('\n')), { reason: 'REQUEST_TIMEOUT' })
  await cancelled(calls[0]!)
})
