import { Writable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import { RequestError } from '../../errors.ts'
import accessLog from '../../plugins/access-log.ts'
import errors from '../../plugins/errors.ts'
import tracing from '../../plugins/tracing.ts'

/** A gateway that logs into `lines`. */
async function build(t: Pick<typeof import('tap').t, 'teardown'>) {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk))
      done()
    }
  })
  const gateway = Fastify({ logger: { level: 'info', stream }, disableRequestLogging: true })
  gateway.register(tracing).register(errors).register(accessLog)
  gateway.register(async scope => {
    scope.get('/fine', async () => 'fine')
    scope.get('/refused', async () => {
      throw new RequestError('SLUICE_ERR_LIMIT_EXCEEDED')
    })
  })
  t.teardown(() => gateway.close())
  return { gateway, requests: () => lines.filter(({ msg }) => msg === 'request') }
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
