import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { expandTemplate } from '../../../lib/httprule/expand.ts'
import { captureFrom } from '../../../lib/httprule/match.ts'
import { parseTemplate, type Template } from '../../../lib/httprule/template.ts'
import { BindError } from '../../../lib/transcode/errors.ts'
import { pathOf, templateText } from './random-rules.ts'

function expand(template: string, values: Record<string, string>): string | null {
  return expandTemplate(parseTemplate(template), new Map(Object.entries(values)))
}

t.test('a template and values make a path', async t => {
  const cases: [template: string, values: Record<string, string>, path: string][] = [
    ['/v1/books', {}, '/v1/books'],
    ['/v1/a%3Ab', {}, '/v1/a%3Ab'],
    ['/v1/books/{id}', { id: '5', other: 'x' }, '/v1/books/5'],
    ['/v1/books/{book.id}', { 'book.id': '5' }, '/v1/books/5'],
    ['/v1/books/{id}', { id: 'a/b c:d%2F' }, '/v1/books/a%2Fb%20c%3Ad%252F'],
    ['/v1/books/{id}', { id: 'é😀' }, '/v1/books/%C3%A9%F0%9F%98%80'],
    ['/v1/books/{id}:move', { id: '5:move' }, '/v1/books/5%3Amove:move'],
    ['/v1/{name=shelves/*/books/*}', { name: 'shelves/1/books/a%2Fb' }, '/v1/shelves/1/books/a%2Fb'],
    ['/v1/{a}/{b=x/*}/{c}', { a: '1', b: 'x/2', c: '3' }, '/v1/1/x/2/3'],
    ['/v1/{kind=%C3%A9}', { kind: 'é' }, '/v1/%C3%A9'],
    ['/v1/{path=**}', { path: '' }, '/v1'],
    ['/v1/{path=**}', { path: 'a/b c' }, '/v1/a/b%20c'],
    ['/{path=**}', { path: '' }, '/'],
    ['/v1/{path=files/**}:upload', { path: 'files' }, '/v1/files:upload'],
    ['/v1/{id}/**', { id: '5' }, '/v1/5']
  ]
  for (const [template, values, path] of cases) t.equal(expand(template, values), path, template)
})

t.test('values that no path can carry make none', async t => {
  const cases: [template: string, values: Record<string, string>][] = [
    ['/v1/books/{id}', {}],
    ['/v1/books/{id}', { id: '' }],
    ['/v1/books/{id}', { id: '..' }],
    ['/v1/books/{id}', { id: '/etc' }],
    ['/v1/books/{id}', { id: 'a\0' }],
    ['/v1/books/{id}', { id: '\ud800' }],
    ['/v1/{path=**}', { path: 'a//b' }],
    ['/v1/{path=**}', { path: 'a/../b' }],
    ['/v1/{path=**}', { path: '\ud800' }],
    ['/v1/{name=shelves/*}', { name: 'shelves' }],
    ['/v1/{name=shelves/*}', { name: 'shelves/1/2' }],
    ['/v1/{name=shelves/*}', { name: 'books/1' }],
    ['/v1/{path=files/**}', { path: '' }],
    ['/v1/*', {}],
    ['/{path=**}:verb', { path: '' }]
  ]
  for (const [template, values] of cases) {
    t.equal(expand(template, values), null, `${template} with ${JSON.stringify(values)}`)
  }
})

t.test('what a template finds in a path, it finds in the path that it makes of that', async t => {
  const templateAndPath = templateText.chain(text => fc.tuple(fc.constant(text), pathOf(text)))
  let made = 0
  fc.assert(
    fc.property(templateAndPath, ([text, path]) => {
      const template = parseTemplate(text)
      const values = captureOrNull(template, path)
      if (values === null || needsMore(template)) return
      const expanded = expandTemplate(template, values)
      assert.ok(expanded, `${text} makes no path of what it found in ${path}`)
      assert.deepEqual(captureFrom(template)(expanded), values, `${text} in ${expanded}`)
      made++
    }),
    { seed: 3, numRuns: 3_000 }
  )
  t.ok(made > 1_000, `${made} paths`)
})

t.test('any values that make a path are found in it', async t => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', '/', '%2F', '%', '.', ':', ' ') })
  )
  let made = 0
  fc.assert(
    fc.property(templateText, fc.array(value, { minLength: 4, maxLength: 4 }), (text, texts) => {
      const template = parseTemplate(text)
      const values = new Map(template.variables.map(({ fieldPath }, index) => [fieldPath, texts[index]!]))
      const path = expandTemplate(template, values)
      if (path === null) return
      assert.deepEqual(captureFrom(template)(path), values, `${text} in ${path}`)
      made++
    }),
    { seed: 3, numRuns: 3_000 }
  )
  t.ok(made > 1_000, `${made} paths`)
})

function captureOrNull(template: Template, path: string): Map<string, string> | null {
  try {
    return captureFrom(template)(path)
  } catch (error) {
    if (error instanceof BindError) return null
    throw error
  }
}

/** Whether a path needs a segment that no variable gives: for a loose `*`, or for the verb to stand behind. */
function needsMore({ segments, variables, verb }: Template): boolean {
  const isLoose = (index: number) => !variables.some(({ start, end }) => start <= index && index < end)
  if (verb !== null && segments[0]?.kind === 'doubleStar' && isLoose(0)) return true
  return segments.some(({ kind }, index) => kind === 'star' && isLoose(index))
}
