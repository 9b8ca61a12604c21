import { withRetry } from '../../lib/policies/retry.ts'
import { RetryBudget } from '../../lib/policies/retry-budget.ts'
import { until } from '../helper.ts'
import { asking } from './ask.ts'
import { lengths, type Opened, open } from './client.ts'
import { against } from './subjects.ts'

const policies = () => [withRetry({ budget: new RetryBudget() })]

/** Unary calls, and streams, one after the other in many lines at a time. */
function createLoad({ client }: Opened) {
  const load = { calls: 0, failure: null as unknown, peers: new Set<string | null>(), stop }
  let isOver = false
  const value = Buffer.alloc(4_096, 'load')
  const options = {
    headers: asking({ id: 'load', answers: 10, answerBytes: 4_096 }),
    onHeader: (header: Headers) => load.peers.add(header.get('peer'))
  }
  async function callAgainAndAgain(call: () => Promise<unknown>): Promise<void> {
    try {
      while (!isOver) {
        await call()
        load.calls += 1
      }
    } catch (error) {
      load.failure = error
    }
  }
  const lines = Array.from({ length: 32 }, (_, line) =>
    callAgainAndAgain(async () =>
      line % 4 === 0 ? await lengths(client.serverStream({ value }, options)) : await client.unary({ value }, options)
    )
  )
  async function stop() {
    isOver = true
    await Promise.all(lines)
  }
  return load
}

/** Goes on until something holds, or a call fails, which none should. */
async function runUntil(load: ReturnType<typeof createLoad>, condition: () => boolean): Promise<void> {
  await until(() => load.failure !== null || condition())
}

against('a server that stops under load fails no call', async (t, start) => {
  const [stopping, staying] = await Promise.all([start(t), start(t)])
  const load = createLoad(open(t, [stopping, staying], { policies: policies() }))
  await runUntil(load, () => load.calls > 200 && load.peers.size === 2)
  await stopping.stop()
  const { calls } = load
  await runUntil(load, () => load.calls > calls + 200)
  await load.stop()
  t.equal(load.failure, null)
})

against('a server that ends its connections again and again fails no call', async (t, start) => {
  const load = createLoad(open(t, await start(t, { maxAgeMs: 40 }), { policies: policies() }))
  await runUntil(load, () => load.peers.size >= 4)
  await load.stop()
  t.equal(load.failure, null)
})

against('a call that is open when a server stops may end', async (t, start) => {
  const server = await start(t)
  const opened = open(t, server)
  const release = Promise.withResolvers<void>()
  async function* messages() {
    yield { value: Buffer.from('before') }
    await release.promise
    yield { value: Buffer.from('behind') }
  }
  const headers = asking({ id: 'open' })
  const answer = opened.client.bidiStream(messages(), { headers })[Symbol.asyncIterator]()
  t.equal(Buffer.from((await answer.next()).value!.value).toString(), 'before')
  const stopped = server.stop()
  await until(() => opened.channel.state().endpoints[0]!.connection !== 'ready')
  release.resolve()
  t.equal(Buffer.from((await answer.next()).value!.value).toString(), 'behind')
  t.equal((await answer.next()).done, true)
  await stopped
})
