import { Code, ConnectError } from '@connectrpc/connect'
import { trace } from '@opentelemetry/api'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { createUpstreamCircuit, withBreaker } from '../../../lib/policies/breaker.ts'
import { Bulkhead, withBulkhead } from '../../../lib/policies/bulkhead.ts'
import { withTranslatedErrors } from '../../../lib/policies/connection.ts'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import type { Answer, Call } from '../../../lib/upstream/grpc/call.ts'
import { connectWire } from '../upstream/grpc/helper.ts'
import { collect, grpcHeaders, rawFrame, startRawServer } from '../upstream/grpc/servers.ts'
import { createCall } from './calls.ts'
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

t.test('answers that are larger than the gateway takes do not, whoever asks for them', async t => {
  const options = { windowMs: 60_000, minCalls: 3, failureRatio: 0.6, openMs: 10_000, probes: 1 }
  const circuit = createUpstreamCircuit('a', options)
  t.teardown(() => circuit.circuit.dispose())
  const { url } = await startRawServer(t, stream => {
    stream.respond(grpcHeaders)
    stream.write(rawFrame(Buffer.alloc(101)))
  })
  const policies = [withBreaker(circuit, trace.getTracer('test')), withTranslatedErrors()]
  const wire = connectWire(t, url, { policies, readMaxBytes: 100 })
  for (let count = 0; count < 4; count++) {
    const call = wire.unary(OrderService.method.getOrder, Buffer.alloc(0))
    await t.rejects(call, { code: 'SLUICE_ERR_UPSTREAM_INVALID' })
  }
  t.equal(circuit.breaker.state, 'closed')
})

/** Calls that go on until they are ended. */
function hang({ lifetime }: Call): Promise<Answer> {
  return new Promise((_resolve, reject) => lifetime.onEnd({ onLifetimeEnd: reject }))
}

t.test('a probe that hangs is ended by its deadline, and the circuit opens again', async t => {
  const clock = { now: 0 }
  const options = { windowMs: 60_000, minCalls: 3, failureRatio: 0.6, openMs: 10_000, probes: 1, now: () => clock.now }
  const circuit = createUpstreamCircuit('a', options)
  t.teardown(() => circuit.circuit.dispose())
  const send = withDeadline({ defaultMs: 1 })(withBreaker(circuit, trace.getTracer('test'))(hang))
  const alive = setInterval(() => {}, 60_000)
  t.teardown(() => clearInterval(alive))
  for (let count = 0; count < 3; count++) await t.rejects(send(createCall()), { code: Code.DeadlineExceeded })
  t.equal(circuit.breaker.state, 'open')
  clock.now = 10_000
  await t.rejects(send(createCall()), { code: Code.DeadlineExceeded })
  t.equal(circuit.breaker.state, 'open')
  await t.rejects(send(createCall()), { code: 'SLUICE_ERR_CIRCUIT_OPEN' })
})

t.test('calls that the gateway keeps back do not open it', async t => {
  const options = { windowMs: 60_000, minCalls: 3, failureRatio: 0.6, openMs: 10_000, probes: 1 }
  const circuit = createUpstreamCircuit('a', options)
  t.teardown(() => circuit.circuit.dispose())
  const bulkhead = new Bulkhead({ maxInFlight: 1, maxWaiting: 0 })
  const send = withBreaker(circuit, trace.getTracer('test'))(withBulkhead({ calls: bulkhead, streams: bulkhead })(hang))
  const call = createCall()
  const hanging = send(call)
  for (let count = 0; count < 10; count++) await t.rejects(send(createCall()), { code: 'SLUICE_ERR_UPSTREAM_BUSY' })
  t.equal(circuit.breaker.state, 'closed')
  call.lifetime.end(new ConnectError('gone', Code.Canceled))
  await t.rejects(hanging, { code: Code.Canceled })
})
