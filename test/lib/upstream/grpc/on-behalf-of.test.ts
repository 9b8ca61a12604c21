import { Code, ConnectError } from '@connectrpc/connect'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import t from 'tap'
import type { Caller } from '../../../../lib/upstream/caller.ts'
import type { Policy } from '../../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../../lib/upstream/grpc/lifetime.ts'
import { onBehalfOf } from '../../../../lib/upstream/grpc/on-behalf-of.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import { startRawServer } from './servers.ts'

const { getCover, watchTopic } = StreamService.method
const message = Buffer.from('hello')

function createCaller(lifetime = new Lifetime()): Caller {
  const deadline = performance.now() + 60_000
  return { requestId: 'a', trace: ROOT_CONTEXT, authorization: null, lifetime, deadline, streamDeadline: null }
}

t.test('every call is known to be the caller’s, and ends when it goes away', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const callers: unknown[] = []
  const watch: Policy = next => call => {
    callers.push(call.caller)
    return next(call)
  }
  const wire = connectWire(t, url, { policies: [watch] })
  const lifetime = new Lifetime()
  const caller = createCaller(lifetime)
  const own = onBehalfOf(caller, wire)
  const calls = [own.unary(getCover, message), own.stream(watchTopic, message, { timeoutMs: 50_000 })]
  const results = Promise.allSettled(calls)
  await until(() => streams.length === 2)
  lifetime.end(new ConnectError('the client went away', Code.Canceled))
  for (const result of await results) t.match(result, { status: 'rejected', reason: { code: Code.Canceled } })
  t.same(callers, [caller, caller])
})

t.test('a call may end for itself', async t => {
  const { url, streams } = await startRawServer(t, () => {})
  const own = onBehalfOf(createCaller(), connectWire(t, url))
  const controller = new AbortController()
  const call = own.unary(getCover, message, { signal: controller.signal }).catch(error => error)
  await until(() => streams.length === 1)
  controller.abort()
  t.match(await call, { code: Code.Canceled })
})
