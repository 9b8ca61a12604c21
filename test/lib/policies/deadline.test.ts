import { Code } from '@connectrpc/connect'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import type { Caller } from '../../../lib/upstream/caller.ts'
import type { Call, Send } from '../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { createWire, type WireOptions } from '../../../lib/upstream/grpc/wire.ts'

const { getOrder, watchOrder } = OrderService.method
const nothing = new Uint8Array()

function createCaller(parts: Partial<Caller> = {}): Caller {
  return {
    requestId: 'r-1',
    trace: ROOT_CONTEXT,
    authorization: null,
    lifetime: new Lifetime(),
    deadline: performance.now() + 20_000,
    streamDeadline: null,
    ...parts
  }
}

/** How much time a call has that reaches the upstream, in milliseconds; null: none does. */
async function timeOf(method: typeof getOrder | typeof watchOrder, options: WireOptions): Promise<number | null> {
  let remainingMs: number | null = null
  const send: Send = async ({ rpc, lifetime }: Call) => {
    remainingMs = lifetime.remainingMs()
    return { stream: false, rpc, message: nothing, headers: [], trailers: [] }
  }
  const wire = createWire({ send, policies: [withDeadline({ defaultMs: 3_000 })], writeMaxBytes: 100 })
  const call = method === getOrder ? wire.unary(method, nothing, options) : wire.stream(method, nothing, options)
  await call.catch(error => t.equal(error.code, Code.DeadlineExceeded))
  return remainingMs
}

const soon = () => createCaller({ deadline: performance.now() + 5_000, streamDeadline: performance.now() + 5_000 })
const late = () => createCaller({ deadline: performance.now() - 1, streamDeadline: performance.now() - 1 })

const cases: [
  what: string,
  method: typeof getOrder | typeof watchOrder,
  options: () => WireOptions,
  ms: number | null
][] = [
  ['a call of nobody has the default', getOrder, () => ({}), 3_000],
  ['it may want more', getOrder, () => ({ timeoutMs: 9_000 }), 9_000],
  ['a call has what is left of its caller’s time', getOrder, () => ({ caller: soon() }), 5_000],
  ['it may want less', getOrder, () => ({ caller: soon(), timeoutMs: 900 }), 900],
  ['it gets no more', getOrder, () => ({ caller: soon(), timeoutMs: 90_000 }), 5_000],
  ['with no time left it is not made', getOrder, () => ({ caller: late() }), null],
  ['a stream has no end', watchOrder, () => ({ caller: createCaller() }), Number.POSITIVE_INFINITY],
  ['unless it wants one', watchOrder, () => ({ caller: createCaller(), timeoutMs: 700 }), 700],
  ['or its caller has one for streams', watchOrder, () => ({ caller: soon(), timeoutMs: 50_000 }), 5_000],
  ['which may be over', watchOrder, () => ({ caller: late() }), null]
]

for (const [what, method, options, expected] of cases) {
  t.test(what, async t => {
    const ms = await timeOf(method, options())
    if (expected === null || expected === Number.POSITIVE_INFINITY) t.equal(ms, expected)
    else t.ok(ms !== null && ms <= expected && ms > expected / 2, `${ms}`)
  })
}
