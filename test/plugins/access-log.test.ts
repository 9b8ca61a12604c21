import { once } from 'node:events'
import { Writable } from 'node:stream'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import t from 'tap'
import { RequestError } from '../../errors.ts'
import accessLog from '../../plugins/access-log.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import tracing from '../../plugins/tracing.ts'
import { type Test, until } from '../helper.ts'

/** A gateway that keeps its log; `arrived` settles with the request for `/slow`. */
async function build(t: Test) {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk))
      done()
    }
  })
  const logController = new LogController({ disableRequestLogging: true })
  const gateway = Fastify({ logger: { level: 'info', stream }, logController })
  gateway.register(completion).register(tracing).register(errors).register(accessLog)
  let arrive = () => {}
  const arrived = new Promise<void>(resolve => {
    arrive = resolve
  })
  gateway.register(async scope => {
    scope.get('/slow', async request => {
      arrive()
      await once(request.raw.socket, 'close')
    })
    scope.get('/fine', async () => 'fine')
    scope.get('/noted', async request => {
      request.log.info('noted')
    })
    scope.get('/refused', async () => {
      throw new RequestError('SLUICE_ERR_LIMIT_EXCEEDED')
    })
  })
  t.teardown(() => gateway.close())
  return { gateway, arrived, lines, requests: () => lines.filter(({ msg }) => msg === 'request') }
}

t.test('what was asked, by route, and what came of it', async t => {
  const { gateway, requests } = await build(t)
  await gateway.inject('/fine?secret=1')
  t.match(requests(), [{ method: 'GET', route: '/fine', status: 200, ms: Number, trace_id: /^[0-9a-f]{32}$/ }])
  t.notMatch(JSON.stringify(requests()), 'secret')
})

t.test('why a request was refused', async t => {
  const { gateway, requests } = await build(t)
  await gateway.inject('/refused')
  t.match(requests(), [{ route: '/refused', status: 429, reason: 'RATE_LIMITED' }])
})

t.test('a path that nothing serves is not told', async t => {
  const { gateway, requests } = await build(t)
  await gateway.inject('/secret-path')
  t.match(requests(), [{ route: null, status: 404, reason: 'ROUTE_NOT_FOUND' }])
  t.notMatch(JSON.stringify(requests()), 'secret-path')
})

t.test('a client that went away before its answer is 499', async t => {
  const { gateway, requests, arrived } = await build(t)
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const controller = new AbortController()
  const gone = t.rejects(fetch(`${url}/slow`, { signal: controller.signal }))
  await arrived
  controller.abort()
  await gone
  await until(() => requests().length > 0)
  t.match(requests(), [{ route: '/slow', status: 499 }])
})

t.test('every line of a request names its trace and its span', async t => {
  const { gateway, requests, lines } = await build(t)
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  await fetch(`${url}/noted`, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } })
  await until(() => requests().length > 0)
  const noted = lines.filter(({ msg }) => msg === 'request' || msg === 'noted')
  t.equal(noted.length, 2)
  for (const line of noted) t.match(line, { trace_id: traceId, span_id: /^[0-9a-f]{16}$/ })
})

t.test('a logger other than pino names them too', async t => {
  const told: object[] = []
  const lines = (bindings: object): FastifyBaseLogger => {
    const tell = (facts: unknown) => void told.push({ ...bindings, ...(facts as object) })
    const log = {
      info: tell,
      error: tell,
      warn: tell,
      debug: tell,
      trace: tell,
      fatal: tell,
      silent: tell,
      level: 'info'
    }
    return { ...log, child: more => lines({ ...bindings, ...more }) }
  }
  const logController = new LogController({ disableRequestLogging: true })
  const gateway = Fastify({ loggerInstance: lines({}), logController })
  gateway.register(completion).register(tracing).register(errors).register(accessLog)
  gateway.register(async scope => {
    scope.get('/fine', async () => 'fine')
  })
  t.teardown(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  await fetch(`${url}/fine`)
  await until(() => told.some(line => 'route' in line))
  t.match(
    told.find(line => 'route' in line),
    { route: '/fine', trace_id: /^[0-9a-f]{32}$/, span_id: /^[0-9a-f]{16}$/ }
  )
})
