import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { matchShape } from '../../../lib/httprule/match.ts'
import { createRouter, type Router } from '../../../lib/httprule/router.ts'
import { type HttpRule, RuleError } from '../../../lib/httprule/rules.ts'
import { compareShapes, shapeOf } from '../../../lib/httprule/shape.ts'
import { nameOf, pathOf, rawPath, rulesOf, someRules } from './random-rules.ts'

/** A router of rules, each of them written as `GET /v1/books` and its own route. */
function routerOf(...rules: string[]): Router<string> {
  const router = createRouter<string>()
  for (const rule of rulesOf(...rules)) router.add(rule, nameOf(rule))
  return router
}

t.test('the most specific rule serves a request, whatever the order in which they were added', async t => {
  const rules = [
    'GET /v1/{path=**}',
    'GET /v1/books/{id}',
    'GET /v1/books/new',
    'POST /v1/books/{id}',
    'GET /v1/books/{id}:title',
    'POST /v1/books/{id}:move',
    'GET /v1/{name=shelves/*/books/*}',
    'GET /v1/shelves/{id}/{kind}',
    'GET /v1/shelves/**',
    'DELETE /v1/*/new',
    '* /v1/any/{id}',
    'PUT /v1/any/{id}',
    'GET /v1/{path=files/**}:read',
    'GET /v1/a%3Ab/x'
  ]
  const cases: [request: string, rule: string | null][] = [
    ['GET /v1/books/new', 'GET /v1/books/new'],
    ['GET /v1/books/n%65w', 'GET /v1/books/new'],
    ['GET /v1/books/5', 'GET /v1/books/{id}'],
    ['GET /v1/books', 'GET /v1/{path=**}'],
    ['GET /v1/books/5/6', 'GET /v1/{path=**}'],
    // The path is known to a more specific rule, but not for this method.
    ['POST /v1/books/new', 'POST /v1/books/{id}'],
    ['DELETE /v1/books/new', 'DELETE /v1/*/new'],
    ['DELETE /v1/books/old', null],
    // A verb that a rule has for this method is one; any other is text.
    ['GET /v1/books/5:title', 'GET /v1/books/{id}:title'],
    ['GET /v1/books/5:t%69tle', 'GET /v1/books/{id}:title'],
    ['GET /v1/books/5:move', 'GET /v1/books/{id}'],
    ['POST /v1/books/5:move', 'POST /v1/books/{id}:move'],
    ['GET /v1/books/5:other', 'GET /v1/books/{id}'],
    ['GET /v1/books/5%3Atitle', 'GET /v1/books/{id}'],
    ['GET /v1/books/5:', 'GET /v1/books/{id}'],
    ['GET /v1/books/:title', 'GET /v1/books/{id}'],
    ['GET /v1/files/a/b:read', 'GET /v1/{path=files/**}:read'],
    ['GET /v1/files/a/b:write', 'GET /v1/{path=**}'],
    // A search that went wrong goes back to where there was another way.
    ['GET /v1/shelves/1/books/2', 'GET /v1/{name=shelves/*/books/*}'],
    ['GET /v1/shelves/1/books', 'GET /v1/shelves/{id}/{kind}'],
    ['GET /v1/shelves/1/boxes/2', 'GET /v1/shelves/**'],
    ['GET /v1/shelves', 'GET /v1/shelves/**'],
    ['PUT /v1/any/1', 'PUT /v1/any/{id}'],
    ['PATCH /v1/any/1', '* /v1/any/{id}'],
    ['PROPFIND /v1/any/1', '* /v1/any/{id}'],
    ['GET /v1/any/1', '* /v1/any/{id}'],
    ['GET /v1/a:b/x', 'GET /v1/a%3Ab/x'],
    ['GET /v1/a%3ab/x', 'GET /v1/a%3Ab/x'],
    ['GET /v1/', null],
    ['GET /v1//books', null],
    ['GET /v1/books/', null],
    ['GET v1/books', null],
    ['GET *', null],
    ['GET /', null]
  ]
  for (const router of [routerOf(...rules), routerOf(...rules.toReversed())]) {
    for (const [request, rule] of cases) {
      const [method = '', path = ''] = request.split(' ')
      t.equal(router.match(method, path)?.route ?? null, rule, request)
    }
  }
})

t.test('HEAD is for the rules for HEAD, and else for what GET gets', async t => {
  const router = routerOf('GET /v1/a/b', 'HEAD /v1/a/{id}', 'GET /v1/c', '* /v1/**')
  t.equal(router.match('HEAD', '/v1/a/b')?.route, 'HEAD /v1/a/{id}')
  t.equal(router.match('HEAD', '/v1/c')?.route, 'GET /v1/c')
  t.equal(router.match('HEAD', '/v1/d')?.route, '* /v1/**')
  t.equal(router.match('HEAD', '/v2'), null)
})

t.test('a match has the values of the path, when they are asked for', async t => {
  const router = routerOf('GET /v1/{a}/{b=x/**}:go')
  const match = router.match('GET', '/v1/1%2F2/x/3%2F4/5:go')
  t.same(
    match?.capture(),
    new Map([
      ['a', '1/2'],
      ['b', 'x/3%2F4/5']
    ])
  )
  const malformed = router.match('GET', '/v1/%zz/x:go')
  t.throws(() => malformed?.capture(), { name: 'BindError', reason: 'INVALID_PATH' })
})

t.test('the methods of a path', async t => {
  const router = routerOf('GET /v1/a', 'POST /v1/{id}', 'PUT /v1/{id}:go', 'DELETE /v1/{id}/x', '* /v2/**')
  t.same(router.allowed('/v1/a').toSorted(), ['GET', 'HEAD', 'POST'])
  t.same(router.allowed('/v1/b:go').toSorted(), ['POST', 'PUT'])
  t.same(router.allowed('/v2/b'), ['*'])
  t.same(router.allowed('/v1'), [])
})

t.test('two rules with the same method and paths are refused', async t => {
  const equal: [one: string, other: string, description: string][] = [
    ['GET /v1/{a}', 'GET /v1/{a}', 'it is the GET route'],
    ['GET /v1/{a}', 'GET /v1/{b}', '"/v1/{a}", which matches the same paths, is the GET route'],
    ['GET /v1/{a=x/*}/**', 'GET /v1/x/{b}/{c=**}', '"/v1/{a=x/*}/**", which matches the same paths, is the GET route'],
    ['* /v1/%61:go', '* /v1/a:%67o', '"/v1/%61:go", which matches the same paths, is the * route']
  ]
  for (const [one, other, description] of equal) {
    t.throws(() => routerOf(one, other), {
      name: 'RuleError',
      message: `fixture/v1/library.proto: fixture.v1.LibraryService.GetBook: "${other.split(' ')[1]}": ${description} of fixture.v1.LibraryService.GetBook already`
    })
  }
  t.doesNotThrow(() =>
    routerOf('GET /v1/{a}', 'POST /v1/{a}', '* /v1/{a}', 'GET /v1/{a}:go', 'GET /v1/**', 'GET /v1/*/**')
  )
})

t.test('the winner is the one that a look at every rule finds', async t => {
  const requests = someRules.chain(rules =>
    fc.tuple(
      fc.constant(rules),
      fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
      fc.oneof(rawPath, ...rules.map(({ template }) => pathOf(template.text)))
    )
  )
  let matched = 0
  fc.assert(
    fc.property(requests, ([rules, method, path]) => {
      const { router, added } = addAll(rules)
      const winner = winnerOf(added, method, path)
      assert.equal(router.match(method, path)?.rule, winner, `${method} ${path}`)
      assert.equal(router.match(method, path)?.route, winner)
      if (winner !== undefined) matched++
    }),
    { seed: 3, numRuns: 5_000 }
  )
  t.ok(matched > 1_000, `${matched} requests matched`)
})

/** A router of those rules that are not equal to an earlier one. */
function addAll(rules: HttpRule[]): { router: Router<HttpRule>; added: HttpRule[] } {
  const router = createRouter<HttpRule>()
  const added = rules.filter(rule => {
    try {
      router.add(rule, rule)
      return true
    } catch (error) {
      if (error instanceof RuleError) return false
      throw error
    }
  })
  return { router, added }
}

/** The first of the rules that match, each looked at by itself. */
function winnerOf(rules: HttpRule[], method: string, path: string): HttpRule | undefined {
  const matching = rules.filter(({ template }) => matchShape(shapeOf(template), path) !== null)
  const forMethods = (...methods: string[]) =>
    matching
      .filter(({ httpMethod }) => methods.includes(httpMethod))
      .toSorted(
        (a, b) =>
          compareShapes(shapeOf(a.template), shapeOf(b.template)) ||
          methods.indexOf(a.httpMethod) - methods.indexOf(b.httpMethod)
      )[0]
  return method === 'HEAD' ? (forMethods('HEAD') ?? forMethods('GET', '*')) : forMethods(method, '*')
}
