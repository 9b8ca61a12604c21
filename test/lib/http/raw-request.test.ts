import t from 'tap'
import { hasBody, splitUrl } from '../../../lib/http/raw-request.ts'

t.test('a URL is split at its first question mark, and nothing is decoded', async t => {
  t.same(splitUrl({ url: '/a%2Fb?c=%20&d?' }), { rawPath: '/a%2Fb', rawQuery: 'c=%20&d?' })
  t.same(splitUrl({ url: '/a' }), { rawPath: '/a', rawQuery: '' })
  t.same(splitUrl({ url: '/a?' }), { rawPath: '/a', rawQuery: '' })
})

t.test('a body is there when its length or its coding says so', async t => {
  t.equal(hasBody({ headers: {} }), false)
  t.equal(hasBody({ headers: { 'content-length': '0' } }), false)
  t.equal(hasBody({ headers: { 'content-length': '1' } }), true)
  t.equal(hasBody({ headers: { 'transfer-encoding': 'chunked' } }), true)
})
