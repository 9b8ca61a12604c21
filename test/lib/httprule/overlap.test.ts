import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { matchShape } from '../../../lib/httprule/match.ts'
import { findWitness, samplePath } from '../../../lib/httprule/overlap.ts'
import { shapeOf } from '../../../lib/httprule/shape.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'
import { pathOf, rawPath, templateText } from './random-rules.ts'

const shape = (template: string) => shapeOf(parseTemplate(template))

t.test('templates that meet have a path in common, others have none', async t => {
  const cases: [a: string, b: string, witness: string | null][] = [
    ['/v1/a', '/v1/a', '/v1/a'],
    ['/v1/a', '/v1/b', null],
    ['/v1/a', '/v1/{id}', '/v1/a'],
    ['/v1/{id}', '/v1/{id}/x', null],
    ['/v1/a/{id}', '/v1/{id}/b', '/v1/a/b'],
    ['/{a}/{b}', '/{c}/{d}', '/x/x'],
    ['/v1/**', '/v1/a/b', '/v1/a/b'],
    ['/v1/**', '/v1', '/v1'],
    ['/v1/a/**', '/v1', null],
    ['/v1/a/**', '/v1/b/**', null],
    ['/v1/a/**', '/v1/**', '/v1/a'],
    ['/**', '/**', '/'],
    ['/v1/{id}:go', '/v1/{id}:stop', null],
    ['/v1/a:go', '/v1/{id}:go', '/v1/a:go'],
    ['/v1/{id}:go', '/v1/{id}', '/v1/x:go'],
    ['/v1/a:go', '/v1/{id}', '/v1/a:go'],
    ['/v1/a:go', '/v1/a', null],
    ['/v1/a%2Fb', '/v1/{id}', '/v1/a%2Fb'],
    // A colon that is encoded in a template matches one that is not, and so may be that of a verb.
    ['/v1/{id}:go', '/v1/a%3Ago', '/v1/a:go'],
    ['/v1/b:go', '/v1/a%3Ago', null],
    ['/v1/{id}:go', '/v1/%3Ago', null],
    ['/**:go', '/**', '/x:go'],
    ['/v1/**:go', '/v1/**', '/v1/x:go'],
    ['/v1/**:go', '/{id}', '/v1:go'],
    ['/**:go', '/**:go', '/x:go']
  ]
  for (const [a, b, witness] of cases) {
    t.equal(findWitness(shape(a), shape(b)), witness, `${a} and ${b}`)
    t.equal(findWitness(shape(b), shape(a)), witness, `${b} and ${a}`)
  }
})

t.test('a witness is a path of both templates', async t => {
  let found = 0
  fc.assert(
    fc.property(templateText, templateText, (a, b) => {
      const witness = findWitness(shape(a), shape(b))
      if (witness === null) return
      found++
      for (const template of [a, b]) assert.ok(matchShape(shape(template), witness), `${witness} of ${template}`)
    }),
    { seed: 3, numRuns: 10_000 }
  )
  t.ok(found > 500, `${found} witnesses`)
})

t.test('templates without a witness have no path in common', async t => {
  const candidates = fc
    .tuple(templateText, templateText)
    .chain(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), fc.oneof(pathOf(a), pathOf(b), rawPath)))
  let apart = 0
  fc.assert(
    fc.property(candidates, ([a, b, path]) => {
      if (findWitness(shape(a), shape(b)) !== null) return
      apart++
      assert.ok(matchShape(shape(a), path) === null || matchShape(shape(b), path) === null, `${path}: ${a} and ${b}`)
    }),
    { seed: 3, numRuns: 20_000 }
  )
  t.ok(apart > 1_000, `${apart} pairs`)
})

t.test('a sample is a path of the template with as many segments as asked for', async t => {
  t.equal(samplePath(shape('/v1/a%3Ab/*/**:go'), 5, 'any'), '/v1/a%3Ab/any/any/any:go')
  t.equal(samplePath(shape('/**'), 0, 'any'), '/')
})
