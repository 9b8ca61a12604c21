// Paths that a router, a guard and a service could read differently. What is served is what the path says, decoded once.
import { create } from '@bufbuild/protobuf'
import t from 'tap'
import { HttpBodySchema } from '../../../gen/google/api/httpbody_pb.ts'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { BookSchema, LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { build } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'

/** The names that a rule took from paths. */
const asked: string[] = []
const { url, upstream } = await build(t, { RATE_LIMIT_BURST: '1000' }, {}, async gateway => {
  const config = { policy: publicPolicy }
  gateway.get('/admin', { config }, async () => 'admin')
  gateway.get<{ Params: { id: string } }>('/plain/:id', { config }, async ({ params }) => params.id)
  gateway.get('/files/*', { config }, async () => 'file')
  gateway.transcode(LibraryService, {
    upstream: 'product',
    methods: {
      getBook: {
        access: 'public',
        async handler({ key }) {
          asked.push(key.value ?? '')
          return create(BookSchema, {})
        }
      },
      getFile: {
        access: 'public',
        async handler({ path }) {
          asked.push(path)
          return create(HttpBodySchema, {})
        }
      }
    }
  })
})

async function get(target: string, method = 'GET') {
  const [answer] = await exchange(url, requestBytes([`${method} ${target} HTTP/1.1`, 'Connection: close']))
  return answer!
}

/** Targets that are not served, and the status of the answer. */
const refused: Record<string, number> = {
  '//admin': 404,
  '/admin/': 404,
  '/ADMIN': 404,
  '/admin;x': 404,
  '/admin%00': 400,
  '/%61dmin/': 404,
  '/plain/../admin': 400,
  '/plain/..': 400,
  '/plain/.': 400,
  '/plain/%2e%2e/admin': 400,
  '/plain/%2e%2E': 400,
  '/plain/.%2e': 400,
  '/./admin': 400,
  '/plain\\..\\admin': 400,
  '/plain/..\\admin': 400,
  '/plain/..%5cadmin': 400,
  '/plain/..%2fadmin': 400,
  '/plain/%2Fadmin': 400,
  '/plain/a%2fb': 400,
  '/plain/a%5Cb': 400,
  '/plain%2fa': 400,
  '/files/../admin': 400,
  '/files/a/%2e%2e/%2e%2e/admin': 400,
  '/files/..%2f..%2fadmin': 400,
  '/plain/a%00b': 400,
  '/plain/a%0d%0aSet-Cookie:%20x': 400,
  '/plain/a%7fb': 400,
  '/plain/a%1bb': 400,
  '/plain/a%c2%85b': 400,
  '/plain/%zz': 400,
  '/plain/%': 400,
  '/plain/%c0%af': 400,
  '/plain/%c0%ae%c0%ae': 400,
  '/plain/%e0%80%af': 400,
  '/plain/%ff': 400,
  '/plain/%u002e': 400,
  '/plain/\xff': 400,
  '/files/%c0%af': 400,
  '/admin#x': 400,
  '/admin?a#x': 400,
  '#': 400,
  admin: 400,
  '?admin': 400,
  '*': 400,
  'ftp://gateway.test/admin': 400,
  'http://': 400,
  'http:///admin': 400,
  'http://user@gateway.test/admin': 400,
  'http://gateway.test/admin#x': 400,
  'http://gateway.test/plain/../admin': 400,
  'gateway.test:80': 400,
  '/api/v1/products/..': 400,
  '/api/v1/products/%2e%2e': 400,
  '/api/v1/products/..%2fadmin': 400,
  '/api/v1/products/%2Fadmin': 400,
  '/api/v1/products/a%00': 400,
  '/api/v1/products/a%0d%0ab': 400,
  '/api/v1/products/a%7f': 400,
  '/api/v1/products/%zz': 400,
  '/api/v1/products/%c0%af': 400,
  '/api/v1/products?page_token=a%00': 400,
  '/api/v1/products?page_token=%c0%af': 400,
  '/v1/books/..': 400,
  '/v1/files/a/../b': 400,
  '/v1/files/a/%2e%2e/b': 400,
  '/v1/files/a%00': 400,
  [`/plain/${'x'.repeat(101)}`]: 414,
  [`/api/v1/products/${'x'.repeat(101)}`]: 414
}

for (const [target, status] of Object.entries(refused)) {
  t.test(`${target.slice(0, 40)}: ${status} in the one shape`, async t => {
    const before = upstream.calls.length
    const answer = await get(target)
    t.equal(answer.status, status)
    t.same(Object.keys(answer.body), ['error', 'code', 'reason', 'details', 'request_id', 'trace_id'])
    t.equal(upstream.calls.length, before, 'no service was asked')
  })
}

t.test('what is served is served by the path alone', async t => {
  const served: Record<string, string> = {
    '/admin': 'admin',
    '/%61dmin': 'admin',
    '/plain/a%20b': 'a b',
    '/plain/%e2%82%ac': '€',
    '/plain/..a': '..a',
    '/plain/...': '...',
    '/plain/a?b=/../%2f\\': 'a',
    'http://gateway.test/admin': 'admin',
    'HTTPS://gateway.test:443/admin?a': 'admin'
  }
  for (const [target, text] of Object.entries(served)) {
    const answer = await get(target)
    t.equal(answer.status, 200, target)
    t.equal(answer.text, text, target)
  }
})

t.test('a path is decoded once, everywhere', async t => {
  t.equal((await get('/plain/%252e%252e')).text, '%2e%2e')
  t.equal((await get('/plain/a%2500')).text, 'a%00')
  asked.length = 0
  for (const value of ['%252e%252e', 'a%2500', 'a%252fb']) await get(`/v1/books/${value}`)
  t.same(asked, ['%2e%2e', 'a%00', 'a%2fb'])
})

t.test(
  'a value of a rule may hold an encoded slash, which stays encoded where the rule takes slashes; it never leads anywhere',
  async t => {
    asked.length = 0
    t.equal((await get('/v1/books/a%2Fb%5Cc')).status, 200)
    t.equal((await get('/v1/files/a%2Fb/c')).status, 200)
    t.same(asked, ['a/b\\c', 'a%2Fb/c'])
    for (const path of [
      '/v1/books/..%2Fb',
      '/v1/books/%2Fb',
      '/v1/files/a/..%2Fb',
      '/v1/files/%2Fb',
      '/v1/books/a%5c..'
    ]) {
      t.equal((await get(path)).body.reason, 'INVALID_PATH', path)
    }
  }
)

t.test('a whole URL is its path, for rules as for plain routes', async t => {
  asked.length = 0
  t.equal((await get('http://gateway.test/v1/books/a1')).status, 200)
  t.same(asked, ['a1'])
})

t.test('OPTIONS may be about the gateway as a whole', async t => {
  const { status, text } = await get('*', 'OPTIONS')
  t.equal(status, 204)
  t.equal(text, '')
})

t.test('there are no tunnels', async t => {
  for (const target of ['gateway.test:443', '/admin']) {
    const { status, body } = await get(target, 'CONNECT')
    t.equal(status, 400)
    t.equal(body.reason, 'MALFORMED_REQUEST')
  }
})
