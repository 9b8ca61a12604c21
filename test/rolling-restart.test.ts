import { Agent, get } from 'node:http'
import t from 'tap'
import { startServer } from './server-process.ts'

/** The status of the answer, over a connection that is kept. */
function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, response => {
      response.resume().once('end', () => resolve(response.statusCode!))
    })
    request.once('error', reject)
  })
}

t.test('one gateway after the other restarts, and no request fails', async t => {
  const env = { DRAIN_DELAY_MS: '1000', RATE_LIMIT_BURST: '100000', RATE_LIMIT_RPS: '100000' }
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const gateways = await Promise.all([startServer(t, env), startServer(t, env)])
  // What a balancer has learnt from /ready, for which a gateway that leaves gives it a second.
  const ready = new Set(gateways)
  const failures: unknown[] = []
  let served = 0
  let restarting = true
  async function balance() {
    for (let turn = 0; restarting; turn++) {
      const chosen = [...ready]
      const outcome = await statusOf(`${chosen[turn % chosen.length]!.url}/api/v1/categories`, agent).catch(
        error => error
      )
      if (outcome === 200) served += 1
      else failures.push(outcome)
    }
  }
  async function learn() {
    while (restarting) {
      for (const gateway of [...ready]) {
        if ((await statusOf(`${gateway.url}/ready`, agent).catch(() => 503)) !== 200) ready.delete(gateway)
      }
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  const work = [learn(), ...Array.from({ length: 4 }, balance)]
  for (const leaving of gateways) {
    leaving.child.kill('SIGTERM')
    t.match(await leaving.exited, { code: 0 })
    if (ready.size === 1) ready.add(await startServer(t, env))
  }
  restarting = false
  await Promise.all(work)
  t.same(failures, [])
  t.ok(served > 100, `${served} requests`)
})
