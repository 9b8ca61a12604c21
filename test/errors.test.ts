import { readFile } from 'node:fs/promises'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { RequestError, type RequestErrorCode, requestErrors, StartError, startErrors } from '../errors.ts'
import { codeNames } from '../lib/errors/code.ts'
import { httpStatusOf } from '../lib/transcode/status.ts'

async function readRows(columns: number): Promise<string[][]> {
  const text = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8')
  const rows = text.split('\n').filter(line => line.startsWith('| `SLUICE_ERR_'))
  return rows.map(row => row.slice(2, -2).split(' | ')).filter(cells => cells.length === columns)
}

t.test('docs/errors.md lists what the gateway refuses a request with', async t => {
  const rows = Object.entries(requestErrors).map(([name, { status, code, reason, message, when }]) => [
    `\`${name}\``,
    String(status),
    `\`${code}\``,
    `\`${reason}\``,
    message,
    when
  ])
  t.same(await readRows(6), rows)
})

t.test('docs/errors.md lists what keeps the gateway from starting', async t => {
  const rows = Object.entries(startErrors).map(([name, { message, when }]) => [`\`${name}\``, message, when])
  t.same(await readRows(3), rows)
})

t.test('a gRPC code has its own HTTP status, except where HTTP knows better', async t => {
  const codes = new Map(Object.entries(codeNames).map(([code, name]) => [name, Number(code) as Code]))
  const better: Partial<Record<RequestErrorCode, number>> = {
    SLUICE_ERR_UPSTREAM_INVALID: 502,
    SLUICE_ERR_METHOD_NOT_ALLOWED: 405,
    SLUICE_ERR_BODY_TOO_LARGE: 413,
    SLUICE_ERR_MEDIA_TYPE: 415,
    SLUICE_ERR_CONTENT_ENCODING: 415,
    SLUICE_ERR_STREAM_MEDIA_TYPE: 415,
    SLUICE_ERR_MESSAGE_TOO_LARGE: 413,
    SLUICE_ERR_NOT_ACCEPTABLE: 406,
    SLUICE_ERR_URI_TOO_LONG: 414,
    SLUICE_ERR_HEADERS_TOO_LARGE: 431,
    SLUICE_ERR_REQUEST_TIMEOUT: 408,
    SLUICE_ERR_EXPECTATION: 417,
    SLUICE_ERR_HTTP_VERSION: 505
  }
  for (const [name, { status, code }] of Object.entries(requestErrors)) {
    t.equal(status, better[name as RequestErrorCode] ?? httpStatusOf(codes.get(code) ?? Code.Unknown), name)
  }
})

t.test('the texts that clients know', async t => {
  const texts = Object.values(requestErrors).map(({ message }) => message)
  for (const text of [
    'missing authorization header',
    'invalid authorization header format',
    'invalid token',
    'rate limit exceeded',
    'service temporarily unavailable'
  ] as const) {
    t.ok(texts.includes(text), text)
  }
})

t.test('a request error knows its cause, its details and when to come back', async t => {
  const cause = new Error('inside')
  const error = new RequestError('SLUICE_ERR_AUTH_ROLE_REQUIRED', { args: ['admin'], cause, retryAfterSeconds: 0.2 })
  t.match(error, { message: 'this needs the role admin', cause, headers: { 'retry-after': '1' } })
})

t.test('a start error says where it is wrong', async t => {
  const error = new StartError('SLUICE_ERR_LISTEN_FAILED', ['127.0.0.1', '8080', 'it is taken'])
  t.match(error, { message: 'cannot listen on 127.0.0.1 port 8080: it is taken', code: 'SLUICE_ERR_LISTEN_FAILED' })
})
