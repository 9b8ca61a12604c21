import { trace } from '@opentelemetry/api'
import t from 'tap'
import { createUpstreamCircuit, withBreaker } from '../../../lib/policies/breaker.ts'
import { withTranslatedErrors } from '../../../lib/policies/connection.ts'
import { collect } from '../upstream/grpc/servers.ts'
import { startStreaming } from './streams.ts'

/** A circuit that three calls can open, before an upstream that streams. */
async function startCircuit(t: Tap) {
  const options = { windowMs: 60_000, minCalls: 3, failureRatio: 0.6, openMs: 10_000, probes: 1 }
  const circuit = createUpstreamCircuit('a', options)
  t.teardown(() => circuit.circuit.dispose())
  const call = await startStreaming(t, () => [withBreaker(circuit, trace.getTracer('test')), withTranslatedErrors()])
  return { circuit, call }
}

type Tap = Pick<typeof t, 'teardown'>

t.test('streams that break off after their first message open the circuit', async t => {
  for (const ending of ['with an error', 'with a reset'] as const) {
    const { circuit, call } = await startCircuit(t)
    for (let count = 0; count < 3; count++) {
      t.equal(circuit.breaker.state, 'closed')
      const { messages } = await call(ending)
      await t.rejects(collect(messages))
    }
    t.equal(circuit.breaker.state, 'open', ending)
    await t.rejects(call('well'), { code: 'SLUICE_ERR_CIRCUIT_OPEN' })
  }
})

t.test('streams that clients leave, or that are open, do not', async t => {
  const { circuit, call } = await startCircuit(t)
  for (let count = 0; count < 5; count++) {
    const controller = new AbortController()
    await call('never', { signal: controller.signal })
    controller.abort()
    const { messages } = await call('never')
    for await (const _ of messages) break
    await call('never')
  }
  t.equal(circuit.breaker.state, 'closed')
})

t.test('streams that their deadline ends do', async t => {
  const { circuit, call } = await startCircuit(t)
  for (let count = 0; count < 3; count++) {
    const read = call('never', { timeoutMs: 20 }).then(({ messages }) => collect(messages))
    await t.rejects(read, { code: 'SLUICE_ERR_UPSTREAM_TIMEOUT' })
  }
  t.equal(circuit.breaker.state, 'open')
})
