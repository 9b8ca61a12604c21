import t from 'tap'
import { RequestError } from '../../../../errors.ts'
import { upstreamFailure } from '../../../../lib/http/proxy/failure.ts'

const cases: readonly (readonly [code: string, status: number])[] = [
  ['ECONNREFUSED', 503],
  ['ECONNRESET', 503],
  ['ENOTFOUND', 503],
  ['UND_ERR_SOCKET', 503],
  ['UND_ERR_CONNECT_TIMEOUT', 503],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 503],
  ['HPE_INVALID_CONSTANT', 502],
  ['UND_ERR_HEADERS_OVERFLOW', 502],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 502],
  ['FST_REPLY_FROM_BAD_GATEWAY', 502],
  ['UND_ERR_HEADERS_TIMEOUT', 504],
  ['UND_ERR_BODY_TIMEOUT', 504],
  ['UND_ERR_INVALID_ARG', 400]
]
for (const [code, status] of cases) {
  t.test(`${code} is ${status}, also within another error`, async t => {
    const error = Object.assign(new Error('down'), { code })
    t.equal(upstreamFailure(error).statusCode, status)
    t.equal(upstreamFailure(new Error('wrapped', { cause: error })).statusCode, status)
  })
}

t.test('what breaks off after it began is no whole answer', async t => {
  const error = Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' })
  t.equal(upstreamFailure(error, true).statusCode, 502)
})

t.test('an error of the gateway stays what it is', async t => {
  const own = new RequestError('SLUICE_ERR_BODY_TOO_LARGE')
  t.equal(upstreamFailure(new Error('wrapped', { cause: own })), own)
})

t.test('what has no code is our own fault', async t => {
  t.equal(upstreamFailure(new TypeError('undefined is no function')).statusCode, 500)
})
