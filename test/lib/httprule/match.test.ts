import t from 'tap'
import { captureFrom } from '../../../lib/httprule/match.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'
import { BindError } from '../../../lib/transcode/errors.ts'

type Values = Record<string, string> | null

function capture(template: string, path: string): Values {
  const values = captureFrom(parseTemplate(template))(path)
  return values === null ? null : Object.fromEntries(values)
}

/** What each template finds in each path; null where it does not match. */
const CASES: [template: string, path: string, values: Values][] = [
  ['/v1/books', '/v1/books', {}],
  ['/v1/books', '/v1/books/', null],
  ['/v1/books', '/v1//books', null],
  ['/v1/books', '//v1/books', null],
  ['/v1/books', '/v1/Books', null],
  ['/v1/books', '/v1', null],
  ['/v1/books', '/v1/books/1', null],
  ['/v1/books', 'v1/books', null],
  ['/v1/books', '/v1/boo%6Bs', {}],
  ['/v1/a%2Bb', '/v1/a+b', {}],
  ['/v1/a+b', '/v1/a%2Bb', {}],
  ['/v1/a%3Ab', '/v1/a:b', {}],
  ['/v1/a%2Fb', '/v1/a/b', null],
  ['/v1/a%2Fb', '/v1/a%2fb', {}],
  ['/v1/%C3%A9', '/v1/%c3%a9', {}],
  ['/v1/books/{id}', '/v1/books/5', { id: '5' }],
  ['/v1/books/{id}', '/v1/books/', null],
  ['/v1/books/{id}', '/v1/books/5/', null],
  ['/v1/books/{id}', '/v1/books/a/b', null],
  // A single segment is decoded wholly and once.
  ['/v1/books/{id}', '/v1/books/a%2Fb', { id: 'a/b' }],
  ['/v1/books/{id}', '/v1/books/a%252Fb', { id: 'a%2Fb' }],
  ['/v1/books/{id}', '/v1/books/a%20b+c', { id: 'a b+c' }],
  ['/v1/books/{id}', '/v1/books/%C3%A9%F0%9F%98%80', { id: 'é😀' }],
  ['/v1/books/{id}', '/v1/books/...', { id: '...' }],
  // A verb that the template does not have is text.
  ['/v1/books/{id}', '/v1/books/a:b', { id: 'a:b' }],
  ['/v1/books/{id}:move', '/v1/books/5:move', { id: '5' }],
  ['/v1/books/{id}:move', '/v1/books/a:b:move', { id: 'a:b' }],
  ['/v1/books/{id}:move', '/v1/books/5:mov%65', { id: '5' }],
  ['/v1/books/{id}:move', '/v1/books/5', null],
  ['/v1/books/{id}:move', '/v1/books/5:moves', null],
  ['/v1/books/{id}:move', '/v1/books/5%3Amove', null],
  ['/v1/books/{id}:move', '/v1/books/:move', null],
  ['/v1/books:watch', '/v1/books:watch', {}],
  ['/v1/books:watch', '/v1/books', null],
  ['/v1/books:a%40b', '/v1/books:a@b', {}],
  ['/v1/{name=shelves/*/books/*}', '/v1/shelves/1/books/2', { name: 'shelves/1/books/2' }],
  ['/v1/{name=shelves/*/books/*}', '/v1/shelves/a%2Fb/books/c%20d', { name: 'shelves/a%2Fb/books/c d' }],
  ['/v1/{name=shelves/*/books/*}', '/v1/shelves//books/2', null],
  ['/v1/{name=shelves/*/books/*}', '/v1/shelves/1/books', null],
  ['/v1/{a}/{b=x/*}/{c}', '/v1/1/x/2/3', { a: '1', b: 'x/2', c: '3' }],
  ['/v1/*/one', '/v1/any/one', {}],
  ['/v1/*/one', '/v1//one', null],
  ['/v1/match/**', '/v1/match', {}],
  ['/v1/match/**', '/v1/match/', null],
  ['/v1/match/**', '/v1/match/a/b/c', {}],
  ['/v1/match/**', '/v1/match/a//c', null],
  ['/v1/match/**', '/v1/matches', null],
  ['/v1/{path=**}', '/v1/a', { path: 'a' }],
  ['/v1/{path=**}', '/v1', { path: '' }],
  ['/v1/{path=files/**}', '/v1/files', { path: 'files' }],
  ['/v1/{path=files/**}', '/v1/files/a/b%20c', { path: 'files/a/b c' }],
  // It may cover several segments, so a slash in one of them stays encoded, as it was written.
  ['/v1/{path=**}', '/v1/a%2fb%2Fc', { path: 'a%2fb%2Fc' }],
  ['/v1/{path=**}', '/v1/a%252Fb', { path: 'a%2Fb' }],
  ['/v1/{path=files/**}:upload', '/v1/files/a/b:upload', { path: 'files/a/b' }],
  ['/v1/{path=files/**}:upload', '/v1/files:upload', { path: 'files' }],
  ['/v1/{path=files/**}:upload', '/v1/files/:upload', null],
  ['/v1/{path=files/**}:upload', '/v1/files/a:b/c', null],
  // A URL without a path has the path `/`.
  ['/{path=**}', '/', { path: '' }],
  ['/{path=**}', '/a', { path: 'a' }],
  ['/{path=**}', '//', null],
  ['/{path=**}', '', null],
  ['/{path=**}:verb', '/:verb', null],
  ['/v1/{shelf=shelves/*}/**', '/v1/shelves/1/x/y', { shelf: 'shelves/1' }],
  ['/v1/{id}/**', '/v1/5', { id: '5' }],
  ['/v1/{id}/**', '/v1/5/x', { id: '5' }]
]

t.test('a template finds its variables in the raw path', async t => {
  for (const [template, path, values] of CASES) t.same(capture(template, path), values, `${template} on ${path}`)
})

t.test('values that are no text, or that climb out of their place, are refused', async t => {
  const encoded = 'must be the percent-encoding of UTF-8 text'
  const control = 'must not contain control characters'
  const traversal = 'must not be a path with "." or ".." segments, or an absolute one'
  const cases: [value: string, description: string][] = [
    ['%zz', encoded],
    ['%', encoded],
    ['%c3', encoded],
    ['%ff', encoded],
    ['%c0%af', encoded],
    ['%ed%a0%80', encoded],
    ['a%00b', control],
    ['a%0d%0ab', control],
    ['a%7f', control],
    ['a%c2%85', control],
    ['é', 'must be percent-encoded'],
    ['a b', 'must be percent-encoded'],
    ['a#b', 'must be percent-encoded'],
    ['..', traversal],
    ['.', traversal],
    ['%2e%2E', traversal],
    ['..%2fadmin', traversal],
    ['a%2F..%2Fadmin', traversal],
    ['a%5c..%5cadmin', traversal],
    ['..\\admin', traversal],
    ['%2Fadmin', traversal],
    ['%5cadmin', traversal]
  ]
  for (const template of ['/v1/{id}', '/v1/{id=**}']) {
    for (const [value, description] of cases) {
      const violations = [{ reason: 'INVALID_PATH', field: 'id', description }]
      t.throws(() => capture(template, `/v1/${value}`), { name: 'BindError', violations }, `${template} on ${value}`)
    }
  }
  t.throws(() => capture('/v1/{id=**}', '/v1/a/../b'), BindError)
})

t.test('all values of a path that are malformed are told at once', async t => {
  const violations = [{ field: 'a' }, { field: 'c' }]
  t.throws(() => capture('/v1/{a}/{b}/{c}', '/v1/%zz/x/%00'), { name: 'BindError', violations })
})
