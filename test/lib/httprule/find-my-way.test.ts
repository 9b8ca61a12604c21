import t from 'tap'
import { routerPath, widerPath } from '../../../lib/httprule/find-my-way.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'

t.test('a template has a pattern that looks like it', async t => {
  const cases: [template: string, pattern: string, exact: boolean][] = [
    ['/v1/books', '/v1/books', true],
    ['/v1/%C3%A9', '/v1/é', true],
    ['/v1/books/{id}', '/v1/books/:id', true],
    ['/v1/books/{book.id}', '/v1/books/:book_id', true],
    ['/v1/{name=shelves/*/books/*}', '/v1/shelves/:name_2/books/:name_4', true],
    ['/v1/*/one', '/v1/:segment_2/one', true],
    ['/v1/books:watch', '/v1/books::watch', true],
    ['/v1/books/{id}:move', '/v1/books/:id', false],
    ['/v1/{path=files/**}', '/v1/files*', false],
    ['/v1/{path=files/**}:upload', '/v1/files*', false],
    ['/v1/{a}/{b}/**', '/v1*', false],
    ['/**', '/*', false],
    ['/{a}/**', '/*', false],
    // What find-my-way does not decode, or takes for a pattern, is left to the router of the rules.
    ['/v1/a%3Ab/x', '/v1/:segment_2/x', false],
    ['/v1/a%2Ab', '/v1/:segment_2', false],
    ['/v1/a+b:go', '/v1/:segment_2', false],
    ['/v1/books:a%40b', '/v1/:segment_2', false]
  ]
  for (const [template, pattern, exact] of cases) {
    t.same(routerPath(parseTemplate(template)), { pattern, exact }, template)
  }
})

t.test('a pattern that is full has wider ones, down to what reaches everything', async t => {
  const widened: string[] = []
  for (let pattern = widerPath('/v1/a/:id/b'); pattern !== null; pattern = widerPath(pattern)) widened.push(pattern)
  t.same(widened, ['/v1/a/*', '/v1/a*', '/v1/*', '/v1*', '/v*', '/*'])
  t.equal(widerPath('/v1/books'), null, 'what is all text is one rule per method')
})
