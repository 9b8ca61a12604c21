import { Code } from '@connectrpc/connect'
import { until } from '../helper.ts'
import { asking } from './ask.ts'
import { lengths, MiB, type Started, startAndOpen } from './client.ts'
import { against } from './subjects.ts'

/** Waits until the server knows that its only call is not wanted any more. */
async function untilCancelled({ seen }: Started, id: string): Promise<void> {
  await until(async () => {
    const { open, cancelled } = await seen(id)
    return open === 0 && cancelled === 1
  })
}

/** Messages of which the last never comes. */
async function* endless() {
  yield {}
  await new Promise(() => {})
}

against('a server knows the deadline, and ends the call with it', async (t, start) => {
  const started = await startAndOpen(t, start)
  const { client, seen } = started
  // Longer than any start of a process takes, and not waited for: the call is ended below.
  const long = new AbortController()
  const options = { headers: asking({ id: 'long', hold: true }), timeoutMs: 600_000, signal: long.signal }
  const call = t.rejects(client.unary({}, options), { code: Code.Canceled })
  await until(async () => (await seen('long')).calls === 1)
  const { timeoutMs } = await seen('long')
  t.ok(timeoutMs !== null && timeoutMs > 0 && timeoutMs <= 600_000, `${timeoutMs} ms`)
  long.abort()
  await call

  const headers = asking({ id: 'short', hold: true })
  await t.rejects(client.unary({}, { headers, timeoutMs: 200 }), { code: Code.DeadlineExceeded })
  await until(async () => (await seen('short')).open === 0)
})

against('without a deadline a server is told none', async (t, start) => {
  const { client, seen } = await startAndOpen(t, start)
  await client.unary({}, { headers: asking({ id: 'for ever' }) })
  t.match(await seen('for ever'), { calls: 1, open: 0, cancelled: 0, timeoutMs: null })
})

against('a server is told that a call is cancelled before it has answered', async (t, start) => {
  const started = await startAndOpen(t, start)
  const { client, seen } = started
  const calls: Record<string, (id: string, signal: AbortSignal) => Promise<unknown>> = {
    unary: (id, signal) => client.unary({}, { headers: asking({ id, hold: true }), signal }),
    server: (id, signal) => lengths(client.serverStream({}, { headers: asking({ id, hold: true }), signal })),
    client: (id, signal) => client.clientStream(endless(), { headers: asking({ id }), signal }),
    bidi: (id, signal) => lengths(client.bidiStream(endless(), { headers: asking({ id, hold: true }), signal }))
  }
  for (const [id, call] of Object.entries(calls)) {
    const controller = new AbortController()
    const over = t.rejects(call(id, controller.signal), { code: Code.Canceled }, id)
    await until(async () => (await seen(id)).calls === 1)
    controller.abort()
    await over
    await untilCancelled(started, id)
  }
})

against('a server that is held back is told that nobody reads any more', async (t, start) => {
  const started = await startAndOpen(t, start)
  const { client } = started
  const controller = new AbortController()
  const headers = asking({ id: 'held back', answers: 1_000, answerBytes: MiB / 4 })
  const answer = client.serverStream({}, { headers, signal: controller.signal })[Symbol.asyncIterator]()
  t.equal((await answer.next()).value?.value.length, MiB / 4)
  controller.abort()
  await t.rejects(answer.next(), { code: Code.Canceled })
  await untilCancelled(started, 'held back')
})

against('cancelled calls leave room for others', async (t, start) => {
  const { client, seen } = await startAndOpen(t, start, { maxStreams: 1 })
  for (let call = 1; call <= 20; call++) {
    const controller = new AbortController()
    const options = { headers: asking({ id: 'in the way', hold: true }), signal: controller.signal }
    const over = t.rejects(client.unary({ value: Buffer.alloc(MiB) }, options), { code: Code.Canceled })
    await until(async () => (await seen('in the way')).calls === call)
    controller.abort()
    await over
    // Node's own server has a stream for open a little longer than its client.
    await until(async () => (await seen('in the way')).open === 0)
  }
  t.equal((await client.unary({}, { headers: asking({ id: 'last' }) })).value.length, 0)
})
