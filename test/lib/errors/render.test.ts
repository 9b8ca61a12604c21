import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { failureOf } from '../../../lib/errors/failure.ts'
import { renderFailure, renderRawFailure } from '../../../lib/errors/render.ts'

const failure = failureOf(new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND'))
const ids = { requestId: 'r-1', traceId: 'abc' }

t.test('the one shape', async t => {
  const { contentType, body } = renderFailure(failure, ids)
  t.equal(contentType, 'application/json; charset=utf-8')
  t.match(JSON.parse(body), { error: 'route not found', code: 'NOT_FOUND', request_id: 'r-1', trace_id: 'abc' })
})

t.test('RFC 9457 for those who accept it', async t => {
  const { contentType, body } = renderFailure(failure, ids, 'text/html, application/problem+json')
  t.equal(contentType, 'application/problem+json; charset=utf-8')
  t.match(JSON.parse(body), { type: 'about:blank', title: 'Not Found', status: 404, detail: 'route not found' })
})

t.test('an answer by hand is whole, and ends the connection', async t => {
  const [head = '', body = ''] = renderRawFailure(failure, ids).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 404 Not Found\r\n/)
  t.match(head, /\r\nconnection: close$/)
  t.match(head, `content-length: ${Buffer.byteLength(body)}`)
  t.equal(JSON.parse(body).reason, 'ROUTE_NOT_FOUND')
})
