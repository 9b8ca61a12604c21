import t from 'tap'
import { build, signToken, userId } from '../helper.ts'
import { exchange, requestBytes } from '../raw-client.ts'
import { findSpan, recordTelemetry } from '../telemetry.ts'
import { buildProxy, startHttp } from './proxy/upstream.ts'

const telemetry = recordTelemetry()

t.test('a request below the prefix gets the answer of the service', async t => {
  const { url: target, seen } = await startHttp(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('made')
  })
  const { url } = await buildProxy(t, `${target}/app`)
  const answer = await fetch(`${url}/legacy/things/7?q=a%2Fb&q=c`, {
    method: 'POST',
    body: '{"a": 1}',
    headers: { 'content-type': 'application/json', cookie: 'k=v' }
  })
  t.equal(answer.status, 201)
  t.equal(await answer.text(), 'made')
  t.same(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  t.match(seen, [{ method: 'POST', url: '/app/things/7?q=a%2Fb&q=c', body: '{"a": 1}', headers: { cookie: 'k=v' } }])
})

t.test('without routes in the configuration there is no proxy', async t => {
  const { gateway } = await build(t)
  t.notOk(gateway.hasPlugin('sluice-proxy'))
})

t.test('a route asks for a signed-in user unless it is public, and tells the service who it is', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target, { access: 'user', roles: ['customer'] })
  t.equal((await fetch(`${url}/legacy/x`)).status, 401)
  const other = { authorization: `Bearer ${await signToken({ roles: ['guest'] })}` }
  t.equal((await fetch(`${url}/legacy/x`, { headers: other })).status, 403)
  const headers = { authorization: `Bearer ${await signToken()}`, 'x-user-id': 'somebody-else' }
  t.equal((await fetch(`${url}/legacy/x`, { headers })).status, 200)
  t.equal(seen.length, 1)
  t.equal(seen[0]?.headers['x-user-id'], userId)
  t.equal(seen[0]?.headers.authorization, undefined, 'the token stays here')
})

t.test('a service gets the token of the caller when the route says so', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target, { access: 'user', forwardAuthorization: true })
  const authorization = `Bearer ${await signToken()}`
  await fetch(`${url}/legacy`, { headers: { authorization } })
  t.equal(seen[0]?.headers.authorization, authorization)
})

t.test('the bucket of a route holds for its requests', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target, { rateLimit: { rate: 0.001, burst: 1, key: 'address' } })
  t.equal((await fetch(`${url}/legacy/x`)).status, 200)
  t.equal((await fetch(`${url}/legacy/x`)).status, 429)
  t.equal(seen.length, 1)
})

t.test('who asked, and by which way, is said by the gateway alone', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target)
  const lies = {
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-host': 'evil',
    forwarded: 'for=192.0.2.1',
    'x-real-ip': '1'
  }
  await fetch(`${url}/legacy/x`, { headers: lies })
  t.match(seen[0]?.headers, {
    host: new URL(target).host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': new URL(url).host,
    forwarded: undefined,
    'x-real-ip': undefined
  })
})

t.test('the trace goes on in the service, by a client span', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target)
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  await fetch(`${url}/legacy/x`, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } })
  const span = findSpan(
    telemetry.spans().filter(each => each.spanContext().traceId === traceId),
    'GET legacy'
  )
  t.equal(seen[0]?.headers.traceparent, `00-${traceId}-${span.spanContext().spanId}-01`)
  t.match(span.attributes, { 'http.request.method': 'GET', 'http.response.status_code': 200 })
})

t.test('a redirection is passed on, within the prefix', async t => {
  const { url: target, seen } = await startHttp(t, (_request, response) => {
    response.writeHead(302, { location: '/app/login?next=1' }).end()
  })
  const { url } = await buildProxy(t, `${target}/app`)
  const answer = await fetch(`${url}/legacy/x`, { redirect: 'manual' })
  t.equal(answer.status, 302)
  t.equal(answer.headers.get('location'), '/legacy/login?next=1')
  t.equal(seen.length, 1, 'and not followed')
})

t.test('a body above the limit is 413, with its length and without', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target, {}, { BODY_LIMIT: '10' })
  const told = await exchange(
    url,
    requestBytes(['POST /legacy HTTP/1.1', 'Content-Length: 11', 'Connection: close'], 'x'.repeat(11))
  )
  t.equal(told[0]?.status, 413)
  const chunked = ['POST /legacy HTTP/1.1', 'Transfer-Encoding: chunked', 'Connection: close']
  const untold = await exchange(url, requestBytes(chunked, 'b\r\nxxxxxxxxxxx\r\n0\r\n\r\n'))
  t.equal(untold[0]?.status, 413)
  t.same(seen, [], 'the service got no whole request')
})

t.test('failures of the service open its circuit', async t => {
  const { url: target, seen } = await startHttp(t, (_request, response) => response.writeHead(503).end('ill'))
  const { url } = await buildProxy(t, target)
  for (let count = 0; count < 3; count++) {
    const answer = await fetch(`${url}/legacy/x`)
    t.equal(await answer.text(), 'ill')
  }
  const answer = await fetch(`${url}/legacy/x`)
  t.equal(answer.status, 503)
  t.match(await answer.json(), { reason: 'CIRCUIT_OPEN' })
  t.match(answer.headers.get('retry-after'), /^\d+$/)
  t.equal(seen.length, 3)
})

const wrong: readonly (readonly [string, object])[] = [
  ['prefix', { prefix: '/' }],
  ['prefix', { prefix: '/a/:b' }],
  ['target', { target: 'ftp://a' }],
  ['target', { target: 'http://u:p@a' }],
  ['access', { access: 'internal' }],
  ['roles', { roles: ['admin'] }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['maxInFlight', { maxInFlight: -1 }],
  ['maxAnswerBytes', { maxAnswerBytes: 1.5 }],
  ['cost', { cost: 0 }],
  ['rateLimit', { rateLimit: { rate: 0, burst: 1, key: 'address' } }],
  ['forwardAuthorization', { forwardAuthorization: true }],
  ['name', { name: 'order' }],
  ['websocket', { websocket: true }]
]
for (const [option, route] of wrong) {
  t.test(`a gateway does not start with ${JSON.stringify(route)}`, async t => {
    const message = new RegExp(`^proxy: [^\\n]*${option}[^\\n]*$`)
    await t.rejects(buildProxy(t, 'http://127.0.0.1:1', route), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  })
}
