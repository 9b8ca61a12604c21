import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { until } from '../../helper.ts'
import { answerTo, startStreams } from './stream-gateway.ts'

const png = Buffer.from('89504e470d0a1a0a00ff', 'hex')

function digest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

interface Upload {
  name: string
  content?: { contentType: string; data: Uint8Array } | undefined
  note: string
}

/** A service that answers with what it was sent. */
const uploads = {
  async uploadFile(requests: AsyncIterable<Upload>) {
    const hash = createHash('sha256')
    const said = { name: '', contentType: '', note: '' }
    let parts = 0
    let size = 0
    for await (const { name, content, note } of requests) {
      parts++
      size += content?.data.length ?? 0
      hash.update(content?.data ?? '')
      Object.assign(said, { name, note, contentType: content?.contentType ?? 'none' })
    }
    return { ...said, parts, size: BigInt(size), sha256: hash.digest('hex') }
  },
  async putThumbnail({ name, content, note }: Upload) {
    return { name, note, contentType: content?.contentType ?? 'none', size: BigInt(content?.data.length ?? 0) }
  },
  async inspectFile({ contentType, data }: { contentType: string; data: Uint8Array }) {
    return { contentType, size: BigInt(data.length), sha256: digest(data) }
  }
}

t.test('an HttpBody is answered as it is, with its content type', async t => {
  const { call } = await startStreams(t, {
    getThumbnail: () => ({ contentType: 'image/png', data: png }),
    getCover: () => ({ name: 'a', image: { contentType: 'image/svg+xml; charset=utf-8', data: Buffer.from('<svg/>') } })
  })
  const thumbnail = await call('GET', '/v1/files/a/thumbnail')
  t.equal(thumbnail.status, 200)
  t.equal(thumbnail.headers['content-type'], 'image/png')
  t.equal(thumbnail.headers['x-content-type-options'], 'nosniff')
  t.equal(thumbnail.headers['content-length'], '10')
  t.same(thumbnail.bytes, png)
  const cover = await call('GET', '/v1/files/a/cover')
  t.equal(cover.headers['content-type'], 'image/svg+xml; charset=utf-8')
  t.equal(cover.text, '<svg/>')
})

t.test('one that is not set, or does not say what it is, is bytes', async t => {
  const { call } = await startStreams(t, { getThumbnail: () => ({ data: png }), getCover: () => ({ name: 'a' }) })
  const thumbnail = await call('GET', '/v1/files/a/thumbnail')
  t.equal(thumbnail.headers['content-type'], 'application/octet-stream')
  t.same(thumbnail.bytes, png)
  const cover = await call('GET', '/v1/files/a/cover')
  t.same([cover.status, cover.text], [200, ''])
})

t.test('a content type that is none is the fault of the service', async t => {
  const types = ['text/html\r\nset-cookie: a=b', 'html', 'text/html; charset', 'text/é', 'text/html\0', ' text/html']
  let index = 0
  const { call } = await startStreams(t, { getThumbnail: () => ({ contentType: types[index]!, data: png }) })
  for (; index < types.length; index++) {
    const { status, headers, text } = await call('GET', '/v1/files/a/thumbnail')
    t.equal(status, 502, types[index]!)
    t.equal(headers['set-cookie'], undefined)
    t.match(JSON.parse(text), { reason: 'UPSTREAM_INVALID_RESPONSE' })
  }
})

t.test('HEAD has the headers of the body, and none of it', async t => {
  const { call } = await startStreams(t, { getThumbnail: () => ({ contentType: 'image/png', data: png }) })
  const { status, headers, text } = await call('HEAD', '/v1/files/a/thumbnail')
  t.same([status, headers['content-type'], headers['content-length'], text], [200, 'image/png', '10', ''])
})

t.test('a stream of them is one body, of the content type of the first', async t => {
  const { call } = await startStreams(t, {
    async *downloadFile() {
      yield { contentType: 'text/csv', data: Buffer.from('a,b\n') }
      yield { data: Buffer.from('') }
      yield { contentType: 'ignored/here', data: Buffer.from('1,2\n') }
    }
  })
  const { status, headers, text, broken } = await call('GET', '/v1/files/a', { headers: { accept: 'text/html' } })
  t.same([status, headers['content-type'], text, broken], [200, 'text/csv', 'a,b\n1,2\n', false])
  t.equal(headers['x-content-type-options'], 'nosniff')
})

t.test('a stream of none is an empty body', async t => {
  const { call } = await startStreams(t, { async *downloadFile() {} })
  const { status, headers, text } = await call('GET', '/v1/files/a')
  t.same([status, headers['content-type'], text], [200, 'application/octet-stream', ''])
})

t.test('a download that fails later breaks off; one that fails at once says why', async t => {
  const { call } = await startStreams(t, {
    async *downloadFile({ name }) {
      if (name === 'none') throw new ConnectError('no such file', Code.NotFound)
      yield { contentType: 'text/plain', data: Buffer.from('half') }
      throw new ConnectError('disk on fire', Code.DataLoss)
    }
  })
  const half = await call('GET', '/v1/files/a')
  t.same([half.status, half.text, half.broken], [200, 'half', true])
  const none = await call('GET', '/v1/files/none')
  t.equal(none.status, 404)
  t.match(JSON.parse(none.text), { error: 'no such file' })
})

t.test('a download is asked for no more than its reader takes', async t => {
  const data = Buffer.alloc(256 * 1024)
  const total = 125
  let produced = 0
  const { send } = await startStreams(t, {
    async *downloadFile() {
      for (; produced < total; produced++) yield { data }
    }
  })
  const response = await answerTo(send('GET', '/v1/files/a'))
  let before = -1
  await until(async () => {
    before = produced
    await new Promise(resolve => setTimeout(resolve, 50))
    return produced === before
  })
  t.ok(produced > 0 && produced < total / 2, `produced ${produced}`)
  let length = 0
  for await (const chunk of response) length += (chunk as Buffer).length
  t.equal(length, total * data.length)
})

t.test('closing the gateway waits for a download, and not for its connection', async t => {
  const more = Promise.withResolvers<void>()
  const { gateway, send } = await startStreams(t, {
    async *downloadFile() {
      yield { data: Buffer.from('first ') }
      await more.promise
      yield { data: Buffer.from('second') }
    }
  })
  const response = await answerTo(send('GET', '/v1/files/a'))
  const closed = gateway.close()
  more.resolve()
  t.equal(Buffer.concat(await response.toArray()).toString(), 'first second')
  await closed
})

t.test('an upload is any body, in parts; each has its content type, and what path and query say', async t => {
  const { call } = await startStreams(t, uploads)
  const body = Buffer.alloc(3_000_000, 'abcdefg')
  const { status, text } = await call('PUT', '/v1/files/film?note=cut', {
    headers: { 'content-type': 'video/mp4' },
    body
  })
  t.equal(status, 200)
  const told = JSON.parse(text)
  t.match(told, { name: 'film', note: 'cut', content_type: 'video/mp4', size: '3000000', sha256: digest(body) })
  t.ok(told.parts >= 46, `${told.parts} parts of at most 64 KiB`)
})

t.test('an empty upload is one empty part', async t => {
  const { call } = await startStreams(t, uploads)
  const empty = await call('PUT', '/v1/files/a', { headers: { 'content-type': 'text/plain' }, body: '' })
  t.match(JSON.parse(empty.text), { name: 'a', parts: 1, size: '0', content_type: 'text/plain' })
  const none = await call('PUT', '/v1/files/a', { body: '' })
  t.match(JSON.parse(none.text), { name: 'a', parts: 1, size: '0', content_type: '' })
})

t.test('an upload is read no faster than the service takes it', async t => {
  const go = Promise.withResolvers<void>()
  const { send } = await startStreams(t, {
    async uploadFile(requests) {
      await go.promise
      return uploads.uploadFile(requests as AsyncIterable<Upload>)
    }
  })
  const request = send('PUT', '/v1/files/a', { headers: { 'content-type': 'video/mp4' } })
  const part = Buffer.alloc(100_000, 'x')
  let sent = 0
  while (sent < 1_000 && request.writableLength < 4_000_000) {
    request.write(part)
    sent++
    await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(sent < 1_000, `sent ${sent}`)
  go.resolve()
  request.end()
  const response = await answerTo(request)
  const [text] = await once(response, 'data')
  t.match(JSON.parse(String(text)), { size: String(sent * part.length) })
})

t.test('an rpc that takes one message has the whole body in it', async t => {
  const { call } = await startStreams(t, uploads)
  const headers = { 'content-type': 'image/png' }
  const field = await call('PUT', '/v1/files/a/thumbnail?note=n', { headers, body: png })
  t.match(JSON.parse(field.text), { name: 'a', note: 'n', content_type: 'image/png', size: '10' })
  const whole = await call('POST', '/v1/files:inspect', { headers, body: png })
  t.match(JSON.parse(whole.text), { content_type: 'image/png', size: '10', sha256: digest(png) })
})

t.test('JSON is a body like any other there, and is not looked into', async t => {
  const { call } = await startStreams(t, uploads)
  const headers = { 'content-type': 'application/json' }
  const { text } = await call('POST', '/v1/files:inspect', { headers, body: '{"a":1,"a":2' })
  t.match(JSON.parse(text), { content_type: 'application/json', size: '12' })
})

t.test('a body may be empty, or not be there', async t => {
  const { call } = await startStreams(t, uploads)
  const empty = await call('PUT', '/v1/files/a/thumbnail', { headers: { 'content-type': 'image/png' }, body: '' })
  t.match(JSON.parse(empty.text), { name: 'a', content_type: 'image/png', size: '0' })
  const none = await call('PUT', '/v1/files/a/thumbnail', { body: '' })
  t.match(JSON.parse(none.text), { name: 'a', content_type: 'none', size: '0' })
})

t.test('a whole body has the limit of all bodies', async t => {
  const { call, calls } = await startStreams(t, uploads, { server: { bodyLimit: 1_000 } })
  const headers = { 'content-type': 'image/png' }
  const { status, text } = await call('PUT', '/v1/files/a/thumbnail', { headers, body: Buffer.alloc(1_001) })
  t.equal(status, 413)
  t.match(JSON.parse(text), { reason: 'BODY_TOO_LARGE' })
  t.equal(calls.length, 0)
})

t.test('what path and query get wrong is 400, and nobody is asked', async t => {
  const { call, calls } = await startStreams(t, uploads)
  const headers = { 'content-type': 'image/png' }
  for (const path of ['/v1/files/a?nite=n', '/v1/files/a/thumbnail?nite=n']) {
    const { status, text } = await call('PUT', path, { headers, body: png })
    t.same([status, JSON.parse(text).reason], [400, 'UNKNOWN_FIELD'], path)
  }
  t.equal(calls.length, 0)
})

t.test('a compressed body is refused: nobody would know that it is one', async t => {
  const { call, calls } = await startStreams(t, uploads)
  const headers = { 'content-type': 'image/png', 'content-encoding': 'gzip' }
  for (const path of ['/v1/files/a', '/v1/files/a/thumbnail']) {
    const answer = await call('PUT', path, { headers, body: png })
    t.same([answer.status, answer.headers['accept-encoding']], [415, 'identity'], path)
    t.match(JSON.parse(answer.text), { reason: 'UNSUPPORTED_CONTENT_ENCODING' })
  }
  t.equal(calls.length, 0)
})
