import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { Bulkhead, withBulkhead } from '../../../lib/policies/bulkhead.ts'
import type { Answer, Call } from '../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { rpcOf } from '../../../lib/upstream/grpc/rpc.ts'
import { until } from '../../helper.ts'
import { answerTo, createCall } from './calls.ts'

/** A bulkhead of one place and a queue of one, before calls that end when they are told to. */
function createNarrow() {
  const bulkhead = new Bulkhead({ maxInFlight: 1, maxWaiting: 1 })
  const open: { finish(): void; fail(): void }[] = []
  const make = withBulkhead({ calls: bulkhead, streams: bulkhead })(
    call =>
      new Promise<Answer>((resolve, reject) => {
        open.push({ finish: () => resolve(answerTo(call)), fail: () => reject(new Error('failed')) })
      })
  )
  return { bulkhead, open, make }
}

t.test('what finds no place waits for one, and what finds no place to wait is refused', async t => {
  const { bulkhead, open, make } = createNarrow()
  const first = make(createCall())
  const second = make(createCall())
  await t.rejects(make(createCall()), { code: 'SLUICE_ERR_UPSTREAM_BUSY', headers: { 'retry-after': '1' } })
  t.equal(open.length, 1)
  t.same([bulkhead.inFlight, bulkhead.waiting], [1, 1])
  open[0]!.finish()
  await first
  await until(() => open.length === 2)
  t.same([bulkhead.inFlight, bulkhead.waiting], [1, 0])
  open[1]!.finish()
  await second
  t.same([bulkhead.inFlight, bulkhead.waiting], [0, 0])
})

t.test('those that wait go in the order in which they came', async t => {
  const bulkhead = new Bulkhead({ maxInFlight: 1, maxWaiting: 9 })
  const order: number[] = []
  const make = withBulkhead({ calls: bulkhead, streams: bulkhead })(async call => {
    order.push(call.timeoutMs!)
    return answerTo(call)
  })
  await Promise.all([1, 2, 3, 4].map(timeoutMs => make(createCall({ timeoutMs }))))
  t.same(order, [1, 2, 3, 4])
})

t.test('a call that fails leaves its place too', async t => {
  const { bulkhead, open, make } = createNarrow()
  const call = make(createCall())
  open[0]!.fail()
  await t.rejects(call, { message: 'failed' })
  t.equal(bulkhead.inFlight, 0)
})

t.test('a call that ends while it waits takes no place', async t => {
  const { bulkhead, open, make } = createNarrow()
  const first = make(createCall())
  const lifetime = new Lifetime()
  const second = make(createCall({ lifetime }))
  lifetime.end(new ConnectError('gone', Code.Canceled))
  await t.rejects(second, { code: Code.Canceled })
  t.equal(bulkhead.waiting, 0)
  open[0]!.finish()
  await first
  t.equal(bulkhead.inFlight, 0)
})

t.test('a call whose time passes while it waits was not made: the upstream is busy', async t => {
  const { bulkhead, open, make } = createNarrow()
  const first = make(createCall())
  const lifetime = new Lifetime()
  const second = make(createCall({ lifetime }))
  lifetime.endAt(performance.now() - 1)
  await t.rejects(second, { code: 'SLUICE_ERR_UPSTREAM_BUSY', cause: { code: Code.DeadlineExceeded } })
  t.same([open.length, bulkhead.waiting], [1, 0])
  open[0]!.finish()
  await first
})

t.test('a stream has its place until it ends', async t => {
  const bulkhead = new Bulkhead({ maxInFlight: 1, maxWaiting: 0 })
  let end = () => {}
  const make = withBulkhead({ calls: bulkhead, streams: bulkhead })(async (call: Call) => {
    const stream = { stream: true, rpc: call.rpc, onOver: (listener: () => void) => (end = listener) }
    return stream as unknown as Answer
  })
  await make(createCall())
  t.equal(bulkhead.inFlight, 1)
  await t.rejects(make(createCall()), { code: 'SLUICE_ERR_UPSTREAM_BUSY' })
  end()
  t.equal(bulkhead.inFlight, 0)
})

t.test('streams that are open take no place of calls', async t => {
  const calls = new Bulkhead({ maxInFlight: 1, maxWaiting: 0 })
  const streams = new Bulkhead({ maxInFlight: 1, maxWaiting: 0 })
  const make = withBulkhead({ calls, streams })(() => new Promise(() => {}))
  const rpc = rpcOf(OrderService.method.watchOrder)
  make(createCall({ rpc }))
  make(createCall())
  t.same([calls.inFlight, streams.inFlight], [1, 1])
  await t.rejects(make(createCall({ rpc })), { code: 'SLUICE_ERR_UPSTREAM_BUSY' })
})
