import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { hierarchyOf, pathOf } from '../../../lib/openapi/path.ts'
import { methodWith } from '../httprule/method-with.ts'

const rows: [template: string, path: string, parameters: string[]][] = [
  ['/v1/books', '/v1/books', []],
  ['/v1/books/{book.id}', '/v1/books/{book.id}', ['book.id']],
  ['/v1/books/{book.id=*}:move', '/v1/books/{book.id}:move', ['book.id']],
  ['/v1/{book.id=books/*}', '/v1/books/{book.id}', ['book.id']],
  ['/v1/{book.id=shelves/*/books/*}', '/v1/shelves/{book.id.1}/books/{book.id.2}', ['book.id.1', 'book.id.2']],
  ['/v1/files/{book.id=**}', '/v1/files/{book.id}', ['book.id']],
  ['/v1/{book.id=files/**}:upload', '/v1/files/{book.id}:upload', ['book.id']],
  ['/v1/{book.id=files/*/**}', '/v1/files/{book.id.1}/{book.id.2}', ['book.id.1', 'book.id.2']],
  ['/v1/*/one', '/v1/{segment.1}/one', ['segment.1']],
  ['/v1/*/{book.id}/**', '/v1/{segment.1}/{book.id}/{segment.2}', ['segment.1', 'book.id', 'segment.2']],
  ['/v1/a%20b', '/v1/a%20b', []]
]

for (const [template, path, parameters] of rows) {
  t.test(`${template} is ${path}`, async t => {
    const [rule] = httpRules(methodWith({ pattern: { case: 'get', value: template } }))
    const { text, parameters: found } = pathOf(rule!)
    t.equal(text, path)
    t.same(
      found.map(({ name }) => name),
      parameters
    )
  })
}

t.test('a part of a variable says what it is part of, and which may be many segments', async t => {
  const [rule] = httpRules(methodWith({ pattern: { case: 'get', value: '/v1/{book.id=files/*/**}' } }))
  t.match(pathOf(rule!).parameters, [
    { note: 'Part of `book.id`, which is `files/*/**`.' },
    { note: 'Part of `book.id`, which is `files/*/**`. Stands for any number of segments, slashes and all.' }
  ])
})

t.test('** can stand for several segments', async t => {
  const [rule] = httpRules(methodWith({ pattern: { case: 'get', value: '/v1/files/{book.id=**}' } }))
  t.equal(pathOf(rule!, 2).text, '/v1/files/{book.id.1}/{book.id.2}')
})

t.test('paths are the same whatever their parameters are called', async t => {
  const hierarchy = (text: string) => hierarchyOf({ text, parameters: [] })
  t.equal(hierarchy('/v1/{a}/b:c'), hierarchy('/v1/{d.1}/b:c'))
  t.not(hierarchy('/v1/{a}/b:c'), hierarchy('/v1/{a}/b:d'))
})
