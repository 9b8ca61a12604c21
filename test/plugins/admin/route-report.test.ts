import Fastify from 'fastify'
import t from 'tap'
import { publicPolicy, type RoutePolicy, userPolicy } from '../../../lib/policies/route-policy.ts'
import { collectPlainRoutes, reportOf } from '../../../plugins/admin/route-report.ts'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { rulesOf } from '../../lib/httprule/random-rules.ts'

function routeOf(rule: string, policy: RoutePolicy) {
  return { rule: rulesOf(rule)[0]!, policy, upstream: 'library', print: {} }
}

t.test('a route without a deadline of its own has that of all calls, a stream has none', async t => {
  const unary = routeOf('GET /a', publicPolicy)
  const own = routeOf('GET /b', { ...publicPolicy, deadlineMs: 250 })
  const watch = routeOf('GET /c', publicPolicy)
  const stream = { ...watch, rule: { ...watch.rule, method: LibraryService.method.watchBooks } }
  const { routes } = reportOf([unary, own, stream], [], 5_000)
  t.same(
    routes.map(({ deadlineMs }) => deadlineMs),
    [5_000, 250, null]
  )
})

t.test('rules that meet, and those that are never reached, by name', async t => {
  const rpc = 'fixture.v1.LibraryService.GetBook'
  const rules = ['GET /a/**', 'GET /a', 'GET /a/*/**'].map(rule => routeOf(rule, userPolicy))
  const { overlaps, unreachable } = reportOf(rules, [], 1)
  t.same(overlaps[0], {
    method: 'GET',
    witness: '/a',
    winner: { method: 'GET', template: '/a', rpc },
    loser: { method: 'GET', template: '/a/**', rpc },
    strict: true
  })
  t.match(unreachable, [{ rule: { template: '/a/**' }, winners: [{ template: '/a' }, { template: '/a/*/**' }] }])
})

t.test('plain routes: by method, for whoever their policy says, and for users without one', async t => {
  const gateway = Fastify()
  t.teardown(() => gateway.close())
  const rows = collectPlainRoutes(gateway)
  gateway.get('/open', { config: { policy: publicPolicy } }, async () => '')
  gateway.route({ method: ['PUT', 'DELETE'], url: '/x/:id', handler: async () => '' })
  gateway.get('/rule', { config: { template: '/rule' } }, async () => '')
  t.same(
    rows.map(({ method, template, rpc, access }) => [method, template, rpc, access]),
    [
      ['GET', '/open', null, 'public'],
      ['PUT', '/x/:id', null, 'user'],
      ['DELETE', '/x/:id', null, 'user']
    ]
  )
})
