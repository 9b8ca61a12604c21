import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { analyseRules } from '../../../lib/httprule/analysis.ts'
import { createRouter } from '../../../lib/httprule/router.ts'
import type { HttpRule } from '../../../lib/httprule/rules.ts'
import { equalShapes, shapeOf } from '../../../lib/httprule/shape.ts'
import { nameOf, rulesOf, someRules } from './random-rules.ts'

/** Overlaps as `method witness: winner > loser`, with `?` for `>` when the winner is no exception. */
function overlapsOf(...rules: string[]): string[] {
  return analyseRules(rulesOf(...rules)).overlaps.map(
    ({ httpMethod, witness, winner, loser, strict }) =>
      `${httpMethod} ${witness}: ${nameOf(winner)} ${strict ? '>' : '?'} ${nameOf(loser)}`
  )
}

t.test('rules that meet: where, and who wins', async t => {
  const cases: [rules: string[], overlaps: string[]][] = [
    [['GET /a', 'POST /a', 'GET /b'], []],
    [['GET /a', 'HEAD /a'], []],
    [['GET /{x}', 'GET /a'], ['GET /a: GET /a > GET /{x}']],
    [['GET /{x}', '* /{x}'], ['GET /x: GET /{x} > * /{x}']],
    [['* /{x}', 'POST /{x}'], ['POST /x: POST /{x} > * /{x}']],
    [['* /a', 'HEAD /a'], ['HEAD /a: HEAD /a > * /a']],
    [['* /a', 'HEAD /{x}'], ['HEAD /a: HEAD /{x} ? * /a']],
    [['* /**', '* /a'], ['* /a: * /a > * /**']],
    [['GET /a/{x}', 'GET /{y}/b'], ['GET /a/b: GET /a/{x} ? GET /{y}/b']],
    [['GET /o/{id}', 'GET /{name=**}:stop'], ['GET /o/x:stop: GET /{name=**}:stop ? GET /o/{id}']],
    [['GET /o/{id}', 'GET /o/{id}:stop'], ['GET /o/x:stop: GET /o/{id}:stop > GET /o/{id}']],
    [
      ['GET /a', 'GET /**', 'GET /{x}'],
      ['GET /a: GET /a > GET /**', 'GET /a: GET /a > GET /{x}', 'GET /x: GET /{x} > GET /**']
    ]
  ]
  for (const [rules, overlaps] of cases) t.same(overlapsOf(...rules), overlaps, rules.join(', '))
})

t.test('a rule whose paths others win, all of them together, is never reached', async t => {
  const cases: [rules: string[], unreachable: Record<string, string[]>][] = [
    [['GET /a/**', 'GET /a', 'GET /a/*/**'], { 'GET /a/**': ['GET /a', 'GET /a/*/**'] }],
    [['GET /a/**', 'GET /a', 'GET /a/*', 'GET /a/*/*/**'], { 'GET /a/**': ['GET /a', 'GET /a/*', 'GET /a/*/*/**'] }],
    [['GET /**:go', 'GET /*/**:go'], { 'GET /**:go': ['GET /*/**:go'] }],
    [['GET /a/**', 'GET /a/*/**'], {}],
    [['GET /a/**', 'GET /a', 'GET /a/b/**'], {}],
    [['GET /a/**', 'GET /a', 'POST /a/*/**'], {}],
    [['* /a/**', '* /a', 'GET /a/*/**'], {}],
    [['GET /a/**', 'GET /a', '* /a/*/**'], { 'GET /a/**': ['GET /a', '* /a/*/**'] }]
  ]
  for (const [rules, expected] of cases) {
    const found = analyseRules(rulesOf(...rules)).unreachable.map(({ rule, winners }) => [
      nameOf(rule),
      winners.map(nameOf)
    ])
    t.same(Object.fromEntries(found), expected, rules.join(', '))
  }
})

t.test('what is called unreachable no request reaches, and all else some request does', async t => {
  const paths = allPaths(['a', 'b', 'zz'], 4)
  let unreachableRules = 0
  const simple = fc.constantFrom(
    '/a',
    '/*',
    '/**',
    '/a/**',
    '/*/**',
    '/*/*',
    '/a/*/**',
    '/*/*/**',
    '/a/b',
    '/*:go',
    '/**:go',
    '/*/**:go'
  )
  const ruleSet = fc.uniqueArray(fc.tuple(fc.constantFrom('GET', 'POST', '*'), simple), {
    maxLength: 14,
    selector: ([method, template]) => `${method} ${template}`
  })
  fc.assert(
    fc.property(ruleSet, pairs => {
      const rules = rulesOf(...pairs.map(([method, template]) => `${method} ${template}`))
      const router = createRouter<HttpRule>()
      for (const rule of rules) router.add(rule, rule)
      const reached = new Set(
        paths.flatMap(path => ['GET', 'POST', 'PUT'].map(method => router.match(method, path)?.rule))
      )
      const unreachable = analyseRules(rules).unreachable.map(({ rule }) => rule)
      assert.deepEqual(unreachable.map(nameOf), rules.filter(rule => !reached.has(rule)).map(nameOf))
      unreachableRules += unreachable.length
    }),
    { seed: 3, numRuns: 300 }
  )
  t.ok(unreachableRules > 20, `${unreachableRules} rules were unreachable`)
})

t.test('of two rules that meet, the one that is called the winner wins', async t => {
  let overlaps = 0
  fc.assert(
    fc.property(someRules, rules => {
      const different = rules.filter((rule, index) => !rules.slice(0, index).some(other => isEqual(rule, other)))
      for (const { winner, loser, httpMethod, witness } of analyseRules(different).overlaps) {
        const router = createRouter<HttpRule>()
        for (const rule of [loser, winner]) router.add(rule, rule)
        assert.equal(router.match(httpMethod, witness)?.rule, winner, witness)
        overlaps++
      }
    }),
    { seed: 3, numRuns: 500 }
  )
  t.ok(overlaps > 500, `${overlaps} overlaps`)
})

function isEqual(a: HttpRule, b: HttpRule): boolean {
  return a.httpMethod === b.httpMethod && equalShapes(shapeOf(a.template), shapeOf(b.template))
}

/** Every path of up to `longest` of these segments, with and without the verb `go`. */
function allPaths(segments: string[], longest: number): string[] {
  let paths = ['']
  const all = ['/']
  for (let length = 1; length <= longest; length++) {
    paths = paths.flatMap(path => segments.map(segment => `${path}/${segment}`))
    all.push(...paths, ...paths.map(path => `${path}:go`))
  }
  return all
}
