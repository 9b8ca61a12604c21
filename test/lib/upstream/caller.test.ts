import { once } from 'node:events'
import { Code, createClient, createRouterTransport } from '@connectrpc/connect'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { type Caller, callerKey, onBehalfOf, wireOnBehalfOf } from '../../../lib/upstream/caller.ts'
import type { WireCallOptions, WireTransport } from '../../../lib/upstream/wire-transport.ts'

function createCaller(parts: Partial<Caller> = {}): Caller {
  return {
    requestId: 'r-1',
    trace: ROOT_CONTEXT,
    authorization: null,
    signal: new AbortController().signal,
    deadline: performance.now() + 2_000,
    streamDeadline: null,
    ...parts
  }
}

/** A transport in memory; `seen` is what its last call looked like. */
function createTransport() {
  const seen: { caller?: Caller | null; timeoutMs?: number; signal?: AbortSignal } = {}
  const transport = createRouterTransport(
    router => {
      router.service(OrderService, {
        getOrder(_request, context) {
          seen.timeoutMs = context.timeoutMs() ?? Number.POSITIVE_INFINITY
          seen.signal = context.signal
          return {}
        },
        cancelOrder: (_request, context) => once(context.signal, 'abort').then(() => ({}))
      })
    },
    {
      transport: {
        interceptors: [
          next => request => {
            seen.caller = request.contextValues.get(callerKey)
            return next(request)
          }
        ]
      }
    }
  )
  return { transport, seen }
}

t.test('a call has the time that is left of the caller’s', async t => {
  const { transport, seen } = createTransport()
  await createClient(OrderService, onBehalfOf(createCaller(), transport)).getOrder({})
  t.ok(seen.timeoutMs! > 1_000 && seen.timeoutMs! <= 2_000)
})

t.test('a call may want less time, but gets no more', async t => {
  const { transport, seen } = createTransport()
  const client = createClient(OrderService, onBehalfOf(createCaller(), transport))
  await client.getOrder({}, { timeoutMs: 500 })
  t.ok(seen.timeoutMs! <= 500)
  await client.getOrder({}, { timeoutMs: 500_000 })
  t.ok(seen.timeoutMs! <= 2_000)
})

t.test('with no time left, no call is made', async t => {
  const { transport, seen } = createTransport()
  const late = onBehalfOf(createCaller({ deadline: performance.now() - 1 }), transport)
  await t.rejects(createClient(OrderService, late).getOrder({}), { code: Code.DeadlineExceeded })
  t.equal(seen.caller, undefined)
})

t.test('interceptors find the caller', async t => {
  const { transport, seen } = createTransport()
  const caller = createCaller()
  await createClient(OrderService, onBehalfOf(caller, transport)).getOrder({})
  t.equal(seen.caller, caller)
})

t.test('the end of the caller, or of the call, ends it', async t => {
  const { transport } = createTransport()
  const ofCaller = new AbortController()
  const ofCall = new AbortController()
  const client = createClient(OrderService, onBehalfOf(createCaller({ signal: ofCaller.signal }), transport))
  const narrowed = client.cancelOrder({}, { signal: ofCall.signal })
  ofCall.abort()
  await t.rejects(narrowed, { code: Code.Canceled })
  const other = client.cancelOrder({})
  ofCaller.abort()
  await t.rejects(other, { code: Code.Canceled })
})

/** A transport in bytes that does nothing; `seen` are the options of its last call. */
function createWire() {
  const seen: WireCallOptions = {}
  const answer = { header: new Headers(), trailer: new Headers() }
  const wire: WireTransport = {
    async unary(_method, message, options) {
      Object.assign(seen, options)
      return { ...answer, message }
    },
    async stream(_method, messages, options) {
      Object.assign(seen, options)
      return { ...answer, messages }
    }
  }
  return { wire, seen }
}

const { getOrder, watchOrder } = OrderService.method
const nothing = new Uint8Array()
async function* none() {}

t.test('calls in bytes are the caller’s in the same way', async t => {
  const { wire, seen } = createWire()
  const caller = createCaller()
  await wireOnBehalfOf(caller, wire).unary(getOrder, nothing, { header: { a: '1' } })
  t.ok(seen.timeoutMs! > 1_000 && seen.timeoutMs! <= 2_000)
  t.equal(seen.contextValues?.get(callerKey), caller)
  t.equal(seen.signal, caller.signal)
  t.same(seen.header, { a: '1' })
  const late = wireOnBehalfOf(createCaller({ deadline: performance.now() - 1 }), wire)
  await t.rejects(late.unary(getOrder, nothing), { code: Code.DeadlineExceeded })
})

t.test('a stream has a deadline when its caller has one for streams, and what the call wants', async t => {
  const { wire, seen } = createWire()
  const unlimited = wireOnBehalfOf(createCaller(), wire)
  await unlimited.stream(watchOrder, none())
  t.equal(seen.timeoutMs, undefined)
  await unlimited.stream(watchOrder, none(), { timeoutMs: 70 })
  t.equal(seen.timeoutMs, 70)
  const limited = wireOnBehalfOf(createCaller({ streamDeadline: performance.now() + 500 }), wire)
  await limited.stream(watchOrder, none(), { timeoutMs: 5_000 })
  t.ok(seen.timeoutMs! > 0 && seen.timeoutMs! <= 500)
  const late = wireOnBehalfOf(createCaller({ streamDeadline: performance.now() - 1 }), wire)
  await t.rejects(late.stream(watchOrder, none()), { code: Code.DeadlineExceeded })
})
