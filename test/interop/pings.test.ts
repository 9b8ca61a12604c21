import { until } from '../helper.ts'
import { asking } from './ask.ts'
import { open, type Started, startAndOpen } from './client.ts'
import { startProxy } from './proxy.ts'
import { against } from './subjects.ts'

/** What a PING takes, or its answer. */
const pingBytes = 9 + 8

/** A call that hears nothing until it is released. */
async function holdCall({ seen, release }: Pick<Started, 'seen' | 'release'>, { client }: Pick<Started, 'client'>) {
  const answer = client.unary({ value: Buffer.from('patient') }, { headers: asking({ id: 'silent', hold: true }) })
  await until(async () => (await seen('silent')).open === 1)
  return async () => {
    await release('silent')
    return Buffer.from((await answer).value).toString()
  }
}

against(
  'a server that asks by PING is answered',
  async (t, start) => {
    const started = await startAndOpen(t, start, { pingMs: 20 })
    const proxy = await startProxy(t, started.server)
    const finish = await holdCall(started, open(t, proxy))
    const before = proxy.up.bytes
    await until(() => proxy.down.pings >= 5 && proxy.up.bytes >= before + 5 * pingBytes)
    t.equal(await finish(), 'patient')
  },
  { needs: 'frequent PINGs', over: ['plain text'] }
)

against(
  'a silent call goes on when the server has answered our PING',
  async (t, start) => {
    const started = await startAndOpen(t, start)
    const proxy = await startProxy(t, started.server)
    const finish = await holdCall(started, open(t, proxy))
    const { bytes } = proxy.down
    await until(() => proxy.up.pings >= 1 && proxy.down.bytes >= bytes + pingBytes)
    t.equal(await finish(), 'patient')
  },
  { over: ['plain text'] }
)
