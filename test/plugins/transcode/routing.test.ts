import assert from 'node:assert/strict'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { createRouter } from '../../../lib/httprule/router.ts'
import type { HttpRule } from '../../../lib/httprule/rules.ts'
import { equalShapes, shapeOf } from '../../../lib/httprule/shape.ts'
import { createRouting, matchOf } from '../../../plugins/transcode/routing.ts'
import { nameOf, pathOf, rawPath, rulesOf, someRules } from '../../lib/httprule/random-rules.ts'

type Method = 'GET'

/** An app with a route for each rule, written as `GET /v1/books`, which answers with the rule and what it captured. */
function serve(t: Tap, ...rules: string[]): FastifyInstance {
  const gateway = Fastify()
  t.teardown(() => gateway.close())
  const routing = createRouting(gateway)
  for (const rule of rulesOf(...rules)) addRoute(gateway, routing, rule)
  return gateway
}

type Tap = Pick<typeof t, 'teardown'>

function addRoute(gateway: FastifyInstance, routing: ReturnType<typeof createRouting>, rule: HttpRule): void {
  gateway.route({
    ...routing.add(rule),
    handler: async ({ raw, routeOptions }) => ({
      rule: nameOf(rule),
      url: routeOptions.url,
      values: Object.fromEntries(matchOf(raw)?.capture() ?? [])
    })
  })
}

async function ask(gateway: FastifyInstance, method: string, url: string) {
  const { statusCode, body } = await gateway.inject({ method: method as Method, url })
  return statusCode === 200 && body !== '' ? JSON.parse(body) : statusCode
}

t.test('a rule is a route of Fastify at a path that looks like its template', async t => {
  const gateway = serve(
    t,
    'GET /v1/books/{id}',
    'POST /v1/books/{id}:move',
    'GET /v1/{name=shelves/*}',
    'GET /v1/{path=files/**}'
  )
  const routes = gateway.printRoutes({ commonPrefix: false })
  t.match(routes, ':id')
  t.match(routes, '"rule":"POST /v1/books/{id}:move"')
  t.same(await ask(gateway, 'GET', '/v1/books/5'), {
    rule: 'GET /v1/books/{id}',
    url: '/v1/books/:id',
    values: { id: '5' }
  })
  t.match(await ask(gateway, 'POST', '/v1/books/5:move'), { url: '/v1/books/:id', values: { id: '5' } })
  t.match(await ask(gateway, 'GET', '/v1/shelves/5'), { url: '/v1/shelves/:name_2', values: { name: 'shelves/5' } })
  t.match(await ask(gateway, 'GET', '/v1/files/a/b'), { url: '/v1/files*', values: { path: 'files/a/b' } })
})

t.test('a colon that is encoded is text, also where a rule has that verb', async t => {
  const gateway = serve(t, 'GET /v1/x/{id}', 'GET /v1/x/{id}:go')
  t.match(await ask(gateway, 'GET', '/v1/x/5:go'), { rule: 'GET /v1/x/{id}:go', values: { id: '5' } })
  t.match(await ask(gateway, 'GET', '/v1/x/5%3Ago'), { rule: 'GET /v1/x/{id}', values: { id: '5:go' } })
  t.match(await ask(gateway, 'GET', '/v1/x/5:stop'), { rule: 'GET /v1/x/{id}', values: { id: '5:stop' } })
})

t.test('templates that differ only where find-my-way sees no difference stand side by side', async t => {
  const gateway = serve(
    t,
    'GET /v1/{a}/**',
    'GET /v1/{a=x/**}',
    'GET /v1/{a}/{b}/**',
    'GET /v1/{a=**}:go',
    'GET /v1/a%3Ab',
    'GET /v1/a+b'
  )
  const cases: Record<string, string> = {
    '/v1/1': 'GET /v1/{a}/**',
    '/v1/x': 'GET /v1/{a=x/**}',
    '/v1/x/2/3': 'GET /v1/{a=x/**}',
    '/v1/1/2': 'GET /v1/{a}/{b}/**',
    '/v1/1/2:go': 'GET /v1/{a=**}:go',
    '/v1/a:b': 'GET /v1/a%3Ab',
    '/v1/a%2bb': 'GET /v1/a+b'
  }
  for (const [path, rule] of Object.entries(cases)) t.match(await ask(gateway, 'GET', path), { rule }, path)
})

t.test('more rules than find-my-way takes for one pattern', async t => {
  const verbs = Array.from({ length: 60 }, (_, index) => `verb${index}`)
  const gateway = serve(
    t,
    ...verbs.flatMap(verb => [`POST /v1/x/{id}:${verb}`, `POST /v1/{path=**}:${verb}`]),
    'GET /v1/x/{id}'
  )
  for (const verb of ['verb0', 'verb30', 'verb59']) {
    t.match(await ask(gateway, 'POST', `/v1/x/5:${verb}`), { rule: `POST /v1/x/{id}:${verb}` })
    t.match(await ask(gateway, 'POST', `/v1/y/z:${verb}`), { rule: `POST /v1/{path=**}:${verb}` })
  }
  t.equal(await ask(gateway, 'POST', '/v1/x/5:verb60'), 404)
})

t.test('a rule for any method takes also those that few know, and a rule may be for one of them', async t => {
  const gateway = serve(t, '* /v1/any/{id}', 'PROPFIND /v1/one', 'GET /v1/any/other', 'HEAD /v1/head')
  for (const method of ['GET', 'PUT', 'OPTIONS', 'PROPFIND', 'LOCK']) {
    t.match(await ask(gateway, method, '/v1/any/5'), { rule: '* /v1/any/{id}' }, method)
  }
  t.match(await ask(gateway, 'PROPFIND', '/v1/one'), { rule: 'PROPFIND /v1/one' })
  t.match(await ask(gateway, 'DELETE', '/v1/any/other'), { rule: '* /v1/any/{id}' })
  t.equal(await ask(gateway, 'HEAD', '/v1/head'), 200)
  t.equal(await ask(gateway, 'HEAD', '/v1/any/other'), 200)
  t.equal(await ask(gateway, 'GET', '/v1/head'), 404)
})

t.test('plain routes keep their paths, beside rules that would match them too', async t => {
  const gateway = serve(t, 'GET /{path=**}', 'GET /v1/{id}')
  gateway.get('/hello', async () => ({ rule: 'plain' }))
  gateway.get('/v1/:id/plain', async () => ({ rule: 'plain parameter' }))
  t.match(await ask(gateway, 'GET', '/hello'), { rule: 'plain' })
  t.match(await ask(gateway, 'GET', '/v1/5/plain'), { rule: 'plain parameter' })
  t.match(await ask(gateway, 'GET', '/v1/5'), { rule: 'GET /v1/{id}' })
  t.match(await ask(gateway, 'GET', '/hello/you'), { rule: 'GET /{path=**}' })
})

t.test('a plain route at the path of a rule keeps the gateway from starting, whichever comes first', async t => {
  const code = 'SLUICE_ERR_ROUTE_DUPLICATE'
  const later = serve(t, 'GET /v1/{id}')
  t.throws(() => later.get('/v1/:name', async () => ''), {
    code,
    message: /^GET \/v1\/:name .*LibraryService\.GetBook$/
  })
  t.doesNotThrow(() => later.post('/v1/:name', async () => ''))
  const earlier = Fastify()
  t.teardown(() => earlier.close())
  earlier.get('/v1/:name', async () => '')
  const routing = createRouting(earlier)
  t.throws(() => routing.add(rulesOf('GET /v1/{id}')[0]!), { code })
})

t.test('a rule that Fastify has no room for keeps the gateway from starting', async t => {
  const verbs = Array.from({ length: 61 }, (_, index) => `POST /{path=**}:verb${index}`)
  t.throws(() => serve(t, ...verbs), {
    name: 'RuleError',
    message: /more rules for POST begin like this than Fastify can tell apart$/
  })
})

t.test('Fastify serves whatever the router of the rules says, and nothing else', async t => {
  const requests = someRules
    .map(withoutEqual)
    .chain(rules =>
      fc.tuple(
        fc.constant(rules),
        fc.array(
          fc.tuple(
            fc.constantFrom('GET', 'POST', 'PUT'),
            fc.oneof(rawPath, ...rules.map(({ template }) => pathOf(template.text)))
          ),
          { minLength: 5, maxLength: 5 }
        )
      )
    )
  let served = 0
  await fc.assert(
    fc.asyncProperty(requests, async ([rules, asked]) => {
      const router = createRouter<HttpRule>()
      for (const rule of rules) router.add(rule, rule)
      const gateway = Fastify()
      const routing = createRouting(gateway)
      for (const rule of rules) {
        gateway.route({ ...routing.add(rule), handler: async () => nameOf(rule) })
      }
      for (const [method, url] of asked.filter(([, path]) => isSentAsIs(path))) {
        const { statusCode, body } = await gateway.inject({ method: method as Method, url })
        const winner = router.match(method, url)?.rule
        assert.equal(
          statusCode === 200 ? body : statusCode,
          winner === undefined ? 404 : nameOf(winner),
          `${method} ${url}`
        )
        if (winner !== undefined) served++
      }
      await gateway.close()
    }),
    { seed: 3, numRuns: 100 }
  )
  t.ok(served > 100, `${served} requests were served`)
})

function withoutEqual(rules: HttpRule[]): HttpRule[] {
  const isEqual = (a: HttpRule, b: HttpRule) =>
    a.httpMethod === b.httpMethod && equalShapes(shapeOf(a.template), shapeOf(b.template))
  return rules.filter((rule, index) => !rules.slice(0, index).some(other => isEqual(rule, other)))
}

/** Whether `inject` sends a path as it is, and Fastify does not answer with 400 before it looks for a route. */
function isSentAsIs(path: string): boolean {
  return URL.parse(path, 'http://localhost')?.pathname === path && !path.includes('%zz')
}
