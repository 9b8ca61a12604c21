// Headers that lie about who somebody is, or that two readers would read differently.
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { build, orderId, signToken } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'

/** A gateway that tells what is left of a request. */
async function start(t: Parameters<typeof build>[0], env: NodeJS.ProcessEnv = {}) {
  const built = await build(t, { RATE_LIMIT_BURST: '1000', ...env }, {}, async gateway => {
    gateway.get('/seen', { config: { policy: publicPolicy } }, async (request: FastifyRequest) => ({
      headers: request.headers,
      raw: request.raw.rawHeaders,
      distinct: request.raw.headersDistinct,
      ip: request.ip,
      host: request.host,
      protocol: request.protocol
    }))
  })
  async function send(lines: string[], body = '') {
    const [answer] = await exchange(built.url, requestBytes([...lines, 'Connection: close'], body))
    return answer!
  }
  const see = async (...headers: string[]) => (await send(['GET /seen HTTP/1.1', ...headers])).body
  return { ...built, send, see }
}

const { url, upstream, send, see } = await start(t)
const token = await signToken()
const get = `GET /api/v1/orders/${orderId} HTTP/1.1`
const post = 'POST /api/v1/users/login HTTP/1.1'
const login = '{"email":"ada@example.com","password":"correct horse"}'
const length = `Content-Length: ${login.length}`
const json = 'Content-Type: application/json'

/** Headers, and the status of the answer. */
const refused: Record<string, [lines: string[], status: number]> = {
  'two Authorization headers': [[get, `Authorization: Bearer ${token}`, 'Authorization: Bearer x'], 400],
  'an empty Authorization header and another': [[get, 'Authorization:', `Authorization: Bearer ${token}`], 400],
  'two Authorization headers that are the same': [
    [get, `Authorization: Bearer ${token}`, `authorization: Bearer ${token}`],
    400
  ],
  'two Content-Type headers': [[post, json, 'content-type: text/plain', length], 400],
  'two Content-Type headers that are the same': [[post, json, json, length], 400],
  'two Content-Encoding headers': [[post, json, 'Content-Encoding: identity', 'Content-Encoding: gzip', length], 400],
  'two Host headers': [[get, 'Host: other.test'], 400],
  'two Host headers that are the same': [[get, 'Host: gateway.test'], 400],
  '101 headers': [[get, ...Array.from({ length: 99 }, (_, index) => `X-${index}: a`)], 431],
  'a tab in the content type': [[post, 'Content-Type: application/json\ta', length], 415],
  'trailing garbage in the content type': [[post, 'Content-Type: application/json a', length], 415],
  'a content type without a subtype': [[post, 'Content-Type: json', length], 415],
  'a content type that only begins like one': [[post, 'Content-Type: application/jsonp', length], 415],
  'two content types in one': [[post, 'Content-Type: application/json, text/plain', length], 415],
  'no content type': [[post, length], 415],
  'UTF-16': [[post, 'Content-Type: application/json; charset=utf-16', length], 415],
  'Latin-1': [[post, 'Content-Type: application/json; charset="latin1"', length], 415],
  'two charsets': [[post, 'Content-Type: application/json; charset=utf-8; charset=latin1', length], 415],
  'a charset with spaces about it': [[post, 'Content-Type: application/json; charset = latin1', length], 415],
  'a charset in the long form': [[post, "Content-Type: application/json; charset*=utf-8''latin1", length], 415],
  'a charset that is not closed': [[post, 'Content-Type: application/json; charset="utf-16', length], 415],
  'a no-break space in the content type': [[post, 'Content-Type: application/json\xa0', length], 415],
  gzip: [[post, json, 'Content-Encoding: gzip', length], 415],
  'an unknown content encoding': [[post, json, 'Content-Encoding: x-secret', length], 415],
  'a list of content encodings': [[post, json, 'Content-Encoding: identity, gzip', length], 415]
}

for (const [what, [lines, status]] of Object.entries(refused)) {
  t.test(`${what}: ${status} in the one shape`, async t => {
    const before = upstream.calls.length
    const answer = await send(lines, lines.includes(length) ? login : '')
    t.equal(answer.status, status)
    t.same(Object.keys(answer.body), ['error', 'code', 'reason', 'details', 'request_id', 'trace_id'])
    t.equal(upstream.calls.length, before, 'no service was asked')
  })
}

const hosts = {
  'no Host': [],
  'an empty Host': ['Host:'],
  'a Host with a path': ['Host: gateway.test/x'],
  'a Host with a user': ['Host: user@gateway.test'],
  'a list of hosts': ['Host: gateway.test, other.test'],
  'a Host with a space': ['Host: gateway test'],
  'a Host with a word for a port': ['Host: gateway.test:http'],
  'a Host that is no ASCII': ['Host: g\xe4teway.test']
}

for (const [what, headers] of Object.entries(hosts)) {
  t.test(`${what}: 400, and the connection ends`, async t => {
    const [answer] = await exchange(url, ['GET /seen HTTP/1.1', ...headers, '', ''].join('\r\n'))
    t.equal(answer?.status, 400)
    t.equal(answer?.body.reason, 'MALFORMED_REQUEST')
    t.equal(answer?.headers.connection, 'close')
  })
}

t.test('all that a Host may be', async t => {
  for (const host of [
    'gateway.test',
    'gateway.test:8080',
    '127.0.0.1:1',
    '[::1]:8080',
    'my_service',
    'gateway.test.'
  ]) {
    const [answer] = await exchange(url, `GET /seen HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    t.equal(answer?.body.host, host)
  }
  const [old] = await exchange(url, 'GET /seen HTTP/1.0\r\n\r\n')
  t.equal(old?.status, 200, 'HTTP/1.0 had none')
})

t.test('a target that is a whole URL says for which host it is', async t => {
  const { body } = await send(['GET http://other.test:81/seen HTTP/1.1'])
  t.equal(body.host, 'other.test:81')
})

t.test('a content type is read as its grammar has it', async t => {
  const { url } = await build(t, {}, { user: { login: () => ({ token: 'abc' }) } })
  for (const type of [
    ' application/json',
    'Application/JSON',
    'application/json ; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; a=b'
  ]) {
    const [answer] = await exchange(
      url,
      requestBytes([post, `Content-Type: ${type}`, length, 'Connection: close'], login)
    )
    t.equal(answer?.status, 200, type)
  }
  const lines = [post, json, 'Content-Encoding: Identity', length, 'Connection: close']
  const [answer] = await exchange(url, requestBytes(lines, login))
  t.equal(answer?.status, 200, 'nothing was done to it')
})

t.test('100 headers are served', async t => {
  const headers = Array.from({ length: 98 }, (_, index) => `X-${index}: a`)
  t.equal((await send(['GET /seen HTTP/1.1', ...headers])).status, 200)
})

t.test('what only the gateway may say is taken off', async t => {
  const internal = [
    'X-User-Id: admin',
    'x-gateway-secret: a',
    'X-GATEWAY-: a',
    'X-Envoy-Original-Path: /admin',
    'X-Forwarded-Client-Cert: a',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X-HTTP-Method-Override: DELETE',
    'Grpc-Timeout: 1n',
    'Connect-Timeout-Ms: 1'
  ]
  const { headers, raw, distinct } = await see('X-Mine: a', ...internal)
  t.same(Object.keys(headers), ['host', 'x-mine', 'connection'])
  t.same(raw, ['Host', 'gateway.test', 'X-Mine', 'a', 'Connection', 'close'])
  t.same(Object.keys(distinct), ['host', 'x-mine', 'connection'])
})

t.test('twins with underscores are taken off', async t => {
  const { headers, raw } = await see(
    'x_user_id: admin',
    'X_Mine: a',
    'Content_Length: 5',
    'a: b',
    'A_: c',
    '_proto_: d'
  )
  t.same(Object.keys(headers), ['host', 'a', 'connection'])
  t.equal(raw.length, 6)
})

t.test('a client cannot take off what the gateway says to services', async t => {
  const before = upstream.calls.length
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const listed = 'Connection: x-user-id, traceparent, x-request-id, grpc-timeout, content-type, te'
  const { status } = await send([get, `Authorization: Bearer ${token}`, `traceparent: ${traceparent}`, listed])
  t.equal(status, 200)
  const { header } = upstream.calls[before]!
  t.match(header.get('traceparent'), /^00-4bf92f3577b34da6a3ce929d0e0e4736-/)
  t.equal(header.get('authorization'), `Bearer ${token}`)
  for (const name of ['x-request-id', 'grpc-timeout', 'content-type', 'te']) t.ok(header.get(name), name)
})

t.test('headers for one hop are taken off, and what they list', async t => {
  const { headers } = await see('Connection: X-Hop, Host , keep-alive', 'X-Hop: a', 'X-Mine: b')
  t.same(Object.keys(headers), ['host', 'connection', 'x-mine'])
  t.equal(headers.connection, 'keep-alive, close')
})

const lies = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.test',
  'Forwarded: for=192.0.2.1',
  'X-Real-IP: 192.0.2.1',
  'X-Forwarded: for=192.0.2.1',
  'X-Client-IP: 192.0.2.1',
  'X-Cluster-Client-IP: 192.0.2.1',
  'Client-IP: 192.0.2.1',
  'True-Client-IP: 192.0.2.1',
  'CF-Connecting-IP: 192.0.2.1',
  'Fastly-Client-IP: 192.0.2.1'
]

t.test('what a stranger says about where a request is from counts for nothing, and is taken off', async t => {
  for (const env of [{}, { TRUST_PROXY: '192.0.2.0/24' }]) {
    const { see } = await start(t, env)
    const { headers, ip, host, protocol } = await see(...lies)
    t.same(Object.keys(headers), ['host', 'connection'])
    t.same([ip, host, protocol], ['127.0.0.1', 'gateway.test', 'http'])
  }
})

t.test('what a trusted proxy says counts', async t => {
  const { see } = await start(t, { TRUST_PROXY: '127.0.0.1' })
  const { headers, ip, host, protocol } = await see(...lies)
  t.equal(headers['x-real-ip'], '192.0.2.1')
  t.same([ip, host, protocol], ['192.0.2.1', 'evil.test', 'https'])
})

t.test('of the addresses that proxies passed on, the right-most counts that is not theirs', async t => {
  const { see } = await start(t, { TRUST_PROXY: '127.0.0.1,10.0.0.0/8' })
  const clients: Record<string, string> = {
    '198.51.100.7, 10.0.0.2': '198.51.100.7',
    '1.1.1.1, 198.51.100.7, 10.0.0.2': '198.51.100.7',
    '198.51.100.7:1234': '198.51.100.7',
    '[2001:db8::1]:443, 10.0.0.2': '2001:db8::1',
    '2001:db8::1': '2001:db8::1',
    'fe80::1%eth0': 'fe80::1',
    'junk, 198.51.100.7': '198.51.100.7',
    '198.51.100.7, junk, 10.0.0.2': '10.0.0.2',
    '198.51.100.7, junk': '127.0.0.1',
    unknown: '127.0.0.1',
    ',,,': '127.0.0.1',
    '198.51.100.7,': '127.0.0.1'
  }
  for (const [header, client] of Object.entries(clients)) {
    t.equal((await see(`X-Forwarded-For: ${header}`)).ip, client, header)
  }
  const { ip } = await see('X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 198.51.100.7, 10.0.0.3')
  t.equal(ip, '198.51.100.7', 'in two headers')
})

t.test('a thousand addresses are cut to those that may count', async t => {
  const { see } = await start(t, { TRUST_PROXY: '127.0.0.1' })
  const many = Array.from({ length: 1000 }, (_, index) => `10.${index >> 8}.${index & 255}.1`).join(', ')
  const { headers, ip } = await see(`X-Forwarded-For: ${many}`)
  t.equal(headers['x-forwarded-for'].split(', ').length, 20)
  t.equal(ip, '10.3.231.1')
})
