import Fastify from 'fastify'
import t from 'tap'
import completion from '../../plugins/completion.ts'
import { until } from '../helper.ts'

/** A server that notes how its requests end, and whose `/slow` answers when the test says so. */
async function start(t: Pick<typeof import('tap').default, 'teardown'>) {
  const gateway = Fastify()
  const completed: [string, number][] = []
  const addresses: string[] = []
  let slowRequests = 0
  let release = () => {}
  gateway.register(completion)
  gateway.register(async scope => {
    scope.onCompleted((request, _reply, status) => {
      completed.push([request.url, status])
      addresses.push(request.ip)
    })
    scope.get('/fine', async (_request, reply) => reply.code(201).send('fine'))
    scope.get('/broken', async () => Promise.reject(new Error('broken')))
    scope.get('/slow', async () => {
      slowRequests += 1
      await new Promise<void>(resolve => {
        release = resolve
      })
      return 'late'
    })
  })
  t.teardown(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return { url, completed, addresses, release: () => release(), slowRequests: () => slowRequests }
}

t.test('a request is over when its answer is out, whatever it is', async t => {
  const { url, completed } = await start(t)
  for (const path of ['/fine', '/broken', '/nowhere']) await (await fetch(`${url}${path}`)).text()
  await until(() => completed.length === 3)
  t.same(completed, [
    ['/fine', 201],
    ['/broken', 500],
    ['/nowhere', 404]
  ])
})

t.test('a request is over when its client is gone, and only once', async t => {
  const { url, completed, release, slowRequests } = await start(t)
  const controller = new AbortController()
  const gone = t.rejects(fetch(`${url}/slow`, { signal: controller.signal }))
  await until(() => slowRequests() === 1)
  controller.abort()
  await gone
  await until(() => completed.length === 1)
  release()
  await (await fetch(`${url}/fine`)).text()
  await until(() => completed.length === 2)
  t.same(completed, [
    ['/slow', 499],
    ['/fine', 201]
  ])
})

t.test('whose request it was is known when the client is gone', async t => {
  const { url, addresses, slowRequests } = await start(t)
  const controller = new AbortController()
  const gone = t.rejects(fetch(`${url}/slow`, { signal: controller.signal }))
  await until(() => slowRequests() === 1)
  controller.abort()
  await gone
  await until(() => addresses.length === 1)
  t.same(addresses, ['127.0.0.1'])
})
