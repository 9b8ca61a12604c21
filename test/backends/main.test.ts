import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import t from 'tap'
import { newId } from '../../backends/shared/ids.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import { startPostgres, type Test, testSecret } from './helper.ts'

type Environment = Record<string, string>

/** Runs a script of the services with these variables and no others of ours. */
function run(t: Test, script: string, args: string[], env: Environment): ChildProcess {
  const child = spawn(process.execPath, [`backends/${script}`, ...args], {
    env: { PATH: process.env.PATH, JWT_SECRET: testSecret, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** A user service of its own database, once it says where it listens. */
async function startUserProcess(t: Test): Promise<{ child: ChildProcess; url: string; line: string }> {
  const { url } = await startPostgres(t)
  const child = run(t, 'main.ts', ['user'], { DATABASE_URL: url(`main_${newId().replaceAll('-', '')}`) })
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { child, line, url: /http:\S+(?=")/.exec(line)?.[0] ?? '' }
}

/** Runs to the end of a process that cannot start. */
async function failure(t: Test, args: string[], env: Environment): Promise<{ code: number; stderr: string }> {
  const child = run(t, 'main.ts', args, env)
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  return { code, stderr }
}

t.test('a service says where it listens, and serves there', async t => {
  const { line, url } = await startUserProcess(t)
  t.match(JSON.parse(line), { name: 'user-service', msg: `user service listening on ${url}` })
  const sessionManager = new Http2SessionManager(url)
  t.teardown(() => sessionManager.abort())
  const health = createClient(Health, createGrpcTransport({ baseUrl: url, sessionManager }))
  t.equal((await health.check({})).status, ServingStatus.SERVING)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} stops a service with exit 0`, async t => {
    const { child } = await startUserProcess(t)
    child.kill(signal)
    const [code] = await once(child, 'exit')
    t.equal(code, 0)
  })
}

t.test('a second signal does not wait for calls in flight', async t => {
  const { child, url } = await startUserProcess(t)
  const session = connect(url)
  t.teardown(() => session.destroy())
  session.on('error', () => {})
  // A call in flight: its message never comes.
  const call = session.request({
    ':method': 'POST',
    ':path': '/shop.user.v1.UserService/Login',
    'content-type': 'application/grpc',
    te: 'trailers'
  })
  call.on('error', () => {})
  await new Promise(resolve => session.ping(resolve))
  child.kill('SIGTERM')
  await once(session, 'goaway')
  t.equal(child.exitCode, null)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.equal(code, 143)
})

t.test('a service that is not known is named with those that are', async t => {
  const { code, stderr } = await failure(t, ['cart'], {})
  t.equal(code, 1)
  t.equal(stderr, 'usage: node backends/main.ts <user|product|order|payment|inventory>\n')
})

t.test('a setting that is missing is named in one line', async t => {
  const { code, stderr } = await failure(t, ['user'], {})
  t.equal(code, 1)
  t.equal(stderr, 'DATABASE_URL is not set\n')
})

t.test('a port that is taken is named in one line', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const { url } = await startPostgres(t)
  const { code, stderr } = await failure(t, ['user'], { DATABASE_URL: url('taken'), PORT: String(port) })
  t.equal(code, 1)
  t.equal(stderr, `port ${port} on 127.0.0.1 is taken: set PORT to another\n`)
})

t.test('a database that cannot be reached is named in one line, without its password', async t => {
  const { code, stderr } = await failure(t, ['user'], { DATABASE_URL: 'postgres://shop:hidden@127.0.0.1:1/users' })
  t.equal(code, 1)
  t.match(stderr, /^cannot open the database users at 127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/)
  t.notMatch(stderr, 'hidden')
})

t.test('the health check of a container passes while its service serves', async t => {
  const { url } = await startUserProcess(t)
  const [code] = await once(run(t, 'health.ts', [], { PORT: new URL(url).port }), 'exit')
  t.equal(code, 0)
})

t.test('the health check of a container fails when nothing serves', async t => {
  const [code] = await once(run(t, 'health.ts', [], { PORT: '1' }), 'exit')
  t.equal(code, 1)
})
