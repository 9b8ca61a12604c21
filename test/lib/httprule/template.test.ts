import t from 'tap'
import { parseTemplate, type Template, TemplateError } from '../../../lib/httprule/template.ts'

/** Segments as one line each, variables as `path start-end`, with a plus when they can cover several segments. */
function summary({ segments, variables, verb }: Template): unknown {
  return {
    segments: segments.map(segment => (segment.kind === 'literal' ? segment.value : segment.kind)),
    variables: variables.map(v => `${v.fieldPath} ${v.start}-${v.end}${v.multi ? '+' : ''} @${v.column}`),
    verb
  }
}

t.test('a template is taken apart into segments, variables and verb', async t => {
  const cases: [text: string, segments: string[], variables: string[], verb: string | null][] = [
    ['/v1/books', ['v1', 'books'], [], null],
    ['/v1/books/{id}', ['v1', 'books', 'star'], ['id 2-3 @12'], null],
    ['/v1/books/{id=*}', ['v1', 'books', 'star'], ['id 2-3 @12'], null],
    ['/v1/books/{book.author.id}', ['v1', 'books', 'star'], ['book.author.id 2-3 @12'], null],
    ['/v1/{name=shelves/*/books/*}', ['v1', 'shelves', 'star', 'books', 'star'], ['name 1-5+ @6'], null],
    ['/v1/{name=shelves}', ['v1', 'shelves'], ['name 1-2 @6'], null],
    ['/v1/{path=**}', ['v1', 'doubleStar'], ['path 1-2+ @6'], null],
    ['/v1/{path=files/**}:upload', ['v1', 'files', 'doubleStar'], ['path 1-3+ @6'], 'upload'],
    ['/v1/{a}/x/{b}', ['v1', 'star', 'x', 'star'], ['a 1-2 @6', 'b 3-4 @12'], null],
    ['/v1/{a=x/*}/**', ['v1', 'x', 'star', 'doubleStar'], ['a 1-3+ @6'], null],
    ['/v1/*/one', ['v1', 'star', 'one'], [], null],
    ['/**', ['doubleStar'], [], null],
    ['/v1/books:watch', ['v1', 'books'], [], 'watch'],
    ['/v1/books/{id}:move', ['v1', 'books', 'star'], ['id 2-3 @12'], 'move'],
    ['/v1/**:verb', ['v1', 'doubleStar'], [], 'verb'],
    ["/a-b_c.d~e/!$&'()+,;=@/%3A%2f", ['a-b_c.d~e', "!$&'()+,;=@", '%3A%2f'], [], null]
  ]
  for (const [text, segments, variables, verb] of cases) {
    const template = parseTemplate(text)
    t.same(summary(template), { segments, variables, verb }, text)
    t.equal(template.text, text)
  }
})

t.test('a template that breaks the grammar is refused with the column', async t => {
  const cases: [text: string, message: string][] = [
    ['', "expected '/' at column 1"],
    ['v1', "expected '/' at column 1"],
    ['/', 'expected a segment at column 2'],
    ['/v1/', 'expected a segment at column 5'],
    ['//v1', 'expected a segment at column 2'],
    ['/v1/{id', "expected '}' at column 8"],
    ['/v1/{id=*', "expected '}' at column 10"],
    ['/v1/{id/x}', "expected '}' at column 8"],
    ['/v1/{}', 'expected a field name at column 6'],
    ['/v1/{a.}', 'expected a field name at column 8'],
    ['/v1/{1a}', 'expected a field name at column 6'],
    ['/v1/{a=}', 'expected a segment at column 8'],
    ['/v1/{a=x/}', 'expected a segment at column 10'],
    ['/v1/{a={b}}', 'a variable cannot hold another one at column 8'],
    ['/v1/{a}{b}', "expected '/' at column 8"],
    ['/v1/x{a}', "expected '/' at column 6"],
    ['/v1/a*b', "expected '/' at column 6"],
    ['/v1/***', "expected '/' at column 7"],
    ['/v1/**/x', "'**' must be the last segment, but another begins at column 8"],
    ['/v1/{a=**}/x', "'**' must be the last segment, but another begins at column 12"],
    ['/v1/{a=**/x}', "'**' must be the last segment, but another begins at column 11"],
    ['/v1/{a}/{a}', '"a" is bound twice, again at column 10'],
    ['/v1/a:', 'expected a verb at column 7'],
    ['/v1/a:b/c', 'expected the end at column 8'],
    ['/v1/a?b', "expected '/' at column 6"],
    ['/v1/a b', "expected '/' at column 6"],
    ['/v1/é', 'expected a segment at column 5'],
    ['/v1/.', "'.' is taken out of a URL before it is sent, at column 5"],
    ['/v1/../x', "'..' is taken out of a URL before it is sent, at column 5"],
    ['/v1/%2E%2e', "'%2E%2e' is taken out of a URL before it is sent, at column 5"],
    ['/v1/a:%ff', "'%ff' must be the percent-encoding of UTF-8 text, at column 7"],
    ['/v1/a%00b', "'a%00b' must not contain control characters, at column 5"],
    ['/v1/%zz', "'%' must be followed by two hexadecimal digits, it is not at column 5"],
    ['/v1/%ff', "'%ff' must be the percent-encoding of UTF-8 text, at column 5"]
  ]
  for (const [text, message] of cases) {
    const column = Number(message.split(' ').at(-1))
    t.throws(() => parseTemplate(text), { name: 'TemplateError', message, column }, text)
  }
})

t.test('a colon anywhere but before the verb is refused and told how to be written', async t => {
  for (const text of ['/v1/a:b:c', '/v1/:a/b', '/v1/{a=x:y}']) {
    const error = t.throws(() => parseTemplate(text))
    t.ok(error instanceof TemplateError)
    t.match(String(error), /is written %3A elsewhere/, text)
  }
})
