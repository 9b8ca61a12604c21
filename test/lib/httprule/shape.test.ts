import t from 'tap'
import { compareShapes, equalShapes, isException, shapeOf } from '../../../lib/httprule/shape.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'

const shape = (template: string) => shapeOf(parseTemplate(template))

t.test('a shape is what a template matches, whatever the names and the spelling', async t => {
  t.same(shape('/v1/{name=a%2Fb/*}/**:%67o'), { parts: ['v1', 'a/b', null], open: true, verb: 'go' })
  t.ok(equalShapes(shape('/v1/{id}'), shape('/v1/*')))
  t.ok(equalShapes(shape('/v1/%61:go'), shape('/v1/a:go')))
  for (const other of ['/v1/a', '/v1/*/*', '/v1/**', '/v1/*/**', '/v1/*:go']) {
    t.notOk(equalShapes(shape('/v1/*'), shape(other)), other)
  }
})

t.test('the more specific shape comes first', async t => {
  const order: [first: string, second: string][] = [
    ['/a', '/*'],
    ['/a', '/**'],
    ['/*', '/**'],
    ['/a', '/a/**'],
    ['/a/*', '/*/b'],
    ['/*/*', '/*/**'],
    ['/a/**', '/*/b'],
    ['/*:go', '/*'],
    ['/**:go', '/a/*'],
    ['/*:go', '/**:go']
  ]
  for (const [first, second] of order) {
    t.ok(compareShapes(shape(first), shape(second)) < 0, `${first} before ${second}`)
    t.ok(compareShapes(shape(second), shape(first)) > 0, `${second} after ${first}`)
  }
  t.equal(compareShapes(shape('/{a}'), shape('/{b}')), 0)
})

t.test('an exception is at no place less specific', async t => {
  const cases: [one: string, other: string, exception: boolean][] = [
    ['/a/b', '/a/*', true],
    ['/a', '/a/**', true],
    ['/a/*/c', '/a/**', true],
    ['/a/*/**', '/a/**', true],
    ['/a/**:go', '/a/**', true],
    ['/a/*', '/a/*', true],
    ['/a/*', '/*/b', false],
    ['/a/**', '/*/b', false],
    ['/**:go', '/a/*', false],
    ['/a/*', '/a/*:go', false]
  ]
  for (const [one, other, exception] of cases)
    t.equal(isException(shape(one), shape(other)), exception, `${one} ${other}`)
})
