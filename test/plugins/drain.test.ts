import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyHttpOptions } from 'fastify'
import t from 'tap'
import { serverOptions } from '../../lib/http/server-options.ts'
import completion from '../../plugins/completion.ts'
import drain from '../../plugins/drain.ts'
import errors from '../../plugins/errors.ts'
import tracing from '../../plugins/tracing.ts'
import { createCall, type Test, until } from '../helper.ts'
import { requestBytes } from '../raw-client.ts'

/** An application of somebody else, with a request that is answered when it is released. */
async function start(t: Test, options: FastifyHttpOptions<Server> = {}) {
  const app = Fastify(options)
  for (const plugin of [completion, tracing, errors, drain]) app.register(plugin)
  const held: (() => void)[] = []
  app.get('/held', async () => {
    await new Promise<void>(resolve => held.push(resolve))
    return { ok: true }
  })
  app.get('/quick', async () => ({ ok: true }))
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, held, url, call: createCall(url) }
}

t.test('while it drains, requests are served, and each connection ends with its answer', async t => {
  const { app, held, call } = await start(t)
  const begunBefore = call('GET', '/held')
  await until(() => held.length === 1)
  t.equal((await call('GET', '/quick')).headers.get('connection'), 'keep-alive')
  app.drain()
  t.equal(app.isDraining(), true)
  t.match(await call('GET', '/quick'), { status: 200, body: { ok: true } })
  t.equal((await call('GET', '/quick')).headers.get('connection'), 'close')
  held[0]!()
  t.equal((await begunBefore).headers.get('connection'), 'close')
})

t.test('what is cut off is told so, and its handler may end as it likes', async t => {
  const { app, held, call } = await start(t)
  const answers = [call('GET', '/held'), call('GET', '/held')]
  await until(() => held.length === 2)
  app.cutOff()
  for (const { status, headers, body } of await Promise.all(answers)) {
    t.match({ status, ...body }, { status: 503, reason: 'SHUTTING_DOWN' })
    t.equal(headers.get('connection'), 'close')
  }
  for (const release of held) release()
  t.equal((await call('GET', '/quick')).status, 200, 'what comes later is served')
})

t.test('a request that arrives while the gateway closes is served, and a connection without one just ends', async t => {
  const limits = { logLevel: 'silent', bodyLimit: 1024, trustProxy: false as const, upstreamTimeoutMs: 1_000 }
  const { app, url } = await start(t, serverOptions(limits))
  const sockets: Socket[] = []
  app.server.on('connection', socket => sockets.push(socket))
  const port = Number(new URL(url).port)
  const [idle, arriving] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const texts = [text(idle), text(arriving)]
  const whole = requestBytes(['GET /quick HTTP/1.1'])
  idle.write(whole)
  arriving.write(whole)
  await until(() => sockets.length === 2 && sockets.every(({ bytesWritten }) => bytesWritten > 0))
  // Half of its next request is there when the listener closes.
  arriving.write(whole.slice(0, 40))
  await until(() => sockets.some(({ bytesRead }) => bytesRead === whole.length + 40))
  app.drain()
  const closed = app.close()
  await once(idle, 'close')
  arriving.write(whole.slice(40))
  await closed
  t.same(
    (await Promise.all(texts)).map(answers => answers.match(/HTTP\/1\.1 200/g)?.length),
    [1, 2]
  )
})
