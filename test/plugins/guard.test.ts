import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t from 'tap'
import { serverOptions } from '../../lib/http/server-options.ts'
import { publicPolicy } from '../../lib/policies/route-policy.ts'
import guard, { everyRequest, type GuardOptions } from '../../plugins/guard.ts'
import { build, type Test, until } from '../helper.ts'
import { exchange, requestBytes } from '../raw-client.ts'
import { recordTelemetry } from '../telemetry.ts'

const telemetry = recordTelemetry()

/** An application of somebody else's that has nothing of the gateway but the guard. */
async function buildAlone(t: Test, options: GuardOptions = {}, extend: (app: FastifyInstance) => void = () => {}) {
  const app = Fastify({ ...everyRequest, http: { requireHostHeader: false } })
  app.register(guard, options)
  app.register(async scope => {
    scope.get('/users/:id', async ({ params, headers }) => ({ params, headers }))
    scope.post('/users', async () => 'made')
    extend(scope)
  })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, url, get: (path: string, headers = {}) => fetch(`${url}${path}`, { headers }) }
}

t.test('it guards any application, whose own error handler answers', async t => {
  const { url, get } = await buildAlone(t)
  const refused: Record<string, number> = {
    [requestBytes(['GET /users/..%2fadmin HTTP/1.1', 'Connection: close'])]: 400,
    [requestBytes(['GET /users/%c0%af HTTP/1.1', 'Connection: close'])]: 400,
    [requestBytes(['GET /users/1#x HTTP/1.1', 'Connection: close'])]: 400,
    [requestBytes(['GET /users/1 HTTP/1.1', 'Host: other.test'])]: 400,
    [requestBytes(['POST /users HTTP/1.1', 'Transfer-Encoding: gzip, chunked'], '0\r\n\r\n')]: 501,
    [requestBytes(['POST /users HTTP/1.1', 'Expect: cake', 'Content-Length: 0'])]: 417,
    [requestBytes(
      [
        'POST /users HTTP/1.1',
        'Content-Type: application/json; charset=latin1',
        'Content-Length: 2',
        'Connection: close'
      ],
      '{}'
    )]: 415,
    'GET /users/1 HTTP/1.1\r\n\r\n': 400,
    'GET /\r\n\r\n': 400,
    [requestBytes(['GET /users/1 HTTP/2.0'])]: 505,
    [requestBytes(['CONNECT users:443 HTTP/1.1'])]: 400
  }
  for (const [bytes, status] of Object.entries(refused)) {
    t.equal((await exchange(url, bytes))[0]?.status, status, JSON.stringify(bytes))
  }
  t.equal((await get('/users/a%20b')).status, 200)
})

t.test('a refusal has the status of its error for whoever answers it', async t => {
  const { url } = await buildAlone(t, {}, scope => {
    scope.setErrorHandler((error: { code: string; statusCode: number }, _request, reply) =>
      reply.code(error.statusCode).send(error.code)
    )
  })
  const [answer] = await exchange(url, requestBytes(['GET /users/%00 HTTP/1.1', 'Connection: close']))
  t.equal(answer?.status, 400)
  t.equal(answer?.text, 'SLUICE_ERR_PATH')
})

t.test('a route that decodes its path by itself may take encoded slashes', async t => {
  const { get } = await buildAlone(t, {}, scope => {
    scope.get('/files/:path', { config: { guard: { encodedSlashes: true } } }, async ({ params }) => params)
  })
  t.same(await (await get('/files/a%2Fb')).json(), { path: 'a/b' })
  t.equal((await get('/files/..%2Fb')).status, 400)
  t.equal((await get('/users/a%2Fb')).status, 400)
})

t.test('what is internal is for the application to say', async t => {
  const { get } = await buildAlone(t, { internalHeaders: ['X-Tenant', 'x-trust-*'] })
  const sent = { 'x-tenant': 'a', 'x-trust-level': '9', 'x-user-id': 'b', x_tenant: 'c' }
  const { headers } = (await (await get('/users/1', sent)).json()) as { headers: Record<string, string> }
  t.same(
    Object.keys(headers).filter(name => name.startsWith('x')),
    ['x-user-id']
  )
})

t.test('how many headers there may be is for the application to say', async t => {
  const { url } = await buildAlone(t, { maxHeaders: 3 })
  const lines = ['GET /users/1 HTTP/1.1', 'Connection: close', 'A: b']
  t.equal((await exchange(url, requestBytes(lines)))[0]?.status, 200)
  t.equal((await exchange(url, requestBytes([...lines, 'C: d'])))[0]?.status, 431)
})

t.test('options that cannot be meant keep the application from starting', async t => {
  const wrong: [GuardOptions, RegExp][] = [
    [{ maxHeaders: 0 }, /maxHeaders/],
    [{ maxHeaders: 1.5 }, /maxHeaders/],
    [{ maxForwardedFor: -1 }, /maxForwardedFor/],
    [{ internalHeaders: ['x y'] }, /internalHeaders/],
    [{ internalHeaders: ['*x'] }, /internalHeaders/],
    [{ internalHeaders: 'x-user-id' as never }, /internalHeaders/],
    [{ trustedProxies: true as never }, /trustedProxies/],
    [{ trustedProxies: 1 as never }, /trustedProxies/],
    [{ trustedProxies: ['::ffff:10.0.0.0/8'] }, /trustedProxies/],
    [{ trustedProxies: ['0.0.0.0/0'] }, /trustedProxies/]
  ]
  for (const [options, message] of wrong) {
    const app = Fastify()
    app.register(guard, options)
    await t.rejects(async () => app.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  }
  const app = Fastify({ http2: true } as object)
  app.register(guard)
  await t.rejects(async () => app.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message: /HTTP\/2/ })
})

t.test('refusals are counted and traced like all requests, also those of targets that no router takes', async t => {
  const { url } = await build(t)
  const targets = ['/api/v1/products/%zz', '/%c0%af', '/a#b', `/api/v1/products/${'x'.repeat(101)}`, 'ftp://a/b']
  telemetry.reset()
  for (const target of targets) {
    const [answer] = await exchange(url, requestBytes([`GET ${target} HTTP/1.1`, 'Connection: close']))
    t.match(answer?.body.trace_id, /^[0-9a-f]{32}$/, target)
  }
  await until(() => telemetry.spans().length >= targets.length)
  const statuses = telemetry.spans().map(({ attributes }) => attributes['http.response.status_code'])
  t.same(statuses, [400, 400, 400, 414, 400])
  const points = (await telemetry.metrics()).get('http.server.requests')?.dataPoints ?? []
  const refused = points.filter(({ attributes }) => [400, 414].includes(Number(attributes['http.status_code'])))
  t.equal(
    refused.reduce((sum, { value }) => sum + Number(value), 0),
    targets.length
  )
})

t.test('a refusal costs no token and asks no route', async t => {
  let asked = 0
  const { url } = await build(t, {}, {}, async gateway => {
    gateway.get('/*', { config: { policy: publicPolicy } }, async () => {
      asked += 1
      return 'anything'
    })
  })
  for (const target of ['/%zz', '/a%00', '/a/../b', `/a%2fb`]) {
    const [answer] = await exchange(url, requestBytes([`GET ${target} HTTP/1.1`, 'Connection: close']))
    t.equal(answer?.status, 400, target)
    t.notOk(answer?.headers.ratelimit)
  }
  t.equal(asked, 0)
})

t.test('a route that says that it has nothing still asks who is there', async t => {
  const hooks: string[] = []
  const { url } = await build(t, {}, {}, async gateway => {
    gateway.register(
      async scope => {
        scope.setNotFoundHandler(
          { preHandler: async (request: FastifyRequest) => void hooks.push(request.url) },
          async (_request, reply) => reply.code(404).send('nothing')
        )
        scope.get('/secret', { config: { policy: publicPolicy } }, async (_request, reply) => reply.callNotFound())
      },
      { prefix: '/scope' }
    )
  })
  for (const path of ['/scope/secret', '/scope/nowhere']) t.equal((await fetch(`${url}${path}`)).status, 404)
  t.same(hooks, ['/scope/secret', '/scope/nowhere'])
})

t.test('what Node refuses by itself is in the log', async t => {
  const lines: { msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const settings = { logLevel: 'info', bodyLimit: 1024, trustProxy: false as const, upstreamTimeoutMs: 1_000 }
  const app = Fastify({ ...serverOptions(settings), logger: { level: 'info', stream } })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const [answer] = await exchange(url, 'no request\r\n\r\n')
  const found = lines.find(({ msg }) => msg === 'no request')
  t.match(found, { status: 400, reason: 'MALFORMED_REQUEST', cause: /^HPE_/, request_id: answer?.body.request_id })
})
