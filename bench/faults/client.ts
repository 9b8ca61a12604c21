// A client as a gateway is one: a channel, and the policies that decide what becomes of a call, in the gateway's order.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { codeNames, codeOf, requestErrorOf } from '../../lib/errors/code.ts'
import { createUpstreamCircuit, withBreaker } from '../../lib/policies/breaker.ts'
import { Bulkhead, withBulkhead } from '../../lib/policies/bulkhead.ts'
import { withTranslatedErrors } from '../../lib/policies/connection.ts'
import { withDeadline } from '../../lib/policies/deadline.ts'
import { withRetry } from '../../lib/policies/retry.ts'
import { RetryBudget } from '../../lib/policies/retry-budget.ts'
import { createChannel } from '../../lib/upstream/channel/channel.ts'
import type { Policy } from '../../lib/upstream/grpc/call.ts'
import { createWire } from '../../lib/upstream/grpc/wire.ts'
import type { CallRecord } from './figures.ts'

/** Makes the client call for so long; it answers with what became of the calls. */
export interface RunClient {
  callsPerSecond: number
  durationMs: number
  /** How long it then waits for those that are open, in milliseconds. */
  graceMs: number
}

const deadlineMs = 5000
const { TARGET, TLS_CA } = process.env

const channel = createChannel({
  name: 'upstream',
  target: TARGET!,
  connectTimeoutMs: 5000,
  ...(TLS_CA !== undefined && { tls: { ca: TLS_CA.split(',').map(file => readFileSync(file)) } }),
  ...(process.env.VERBOSE !== undefined && { onEvent: event => console.error(Math.round(performance.now()), event) })
})
// The defaults of the configuration.
const circuit = createUpstreamCircuit('upstream', {
  windowMs: 60_000,
  minCalls: 3,
  failureRatio: 0.6,
  openMs: 10_000,
  probes: 3
})
const policies: Policy[] = [
  withDeadline({ defaultMs: deadlineMs }),
  withBreaker(circuit, trace.getTracer('faults')),
  withBulkhead({ calls: new Bulkhead(), streams: new Bulkhead() }),
  withRetry({ budget: new RetryBudget() }),
  withTranslatedErrors()
]
const { method } = ProductService
const content = new Uint8Array(0)

/** Makes a call, by a wire that counts its attempts; nothing else of it is the call's own. The record is whole when it ends. */
function makeCall(safe: boolean): { record: CallRecord; ended: Promise<void> } {
  const startedAt = performance.now()
  const record: CallRecord = {
    startedAt: performance.timeOrigin + startedAt,
    tookMs: 0,
    code: 'UNFINISHED',
    attempts: 0,
    safe
  }
  const wire = createWire({
    policies,
    send(call) {
      record.attempts += 1
      return channel.send(call)
    },
    writeMaxBytes: 1024
  })
  const end = (code: string | null) => {
    record.tookMs = performance.now() - startedAt
    record.code = code
  }
  const rpc = safe ? method.listCategories : method.createProduct
  const ended = wire.unary(rpc, content).then(
    () => end(null),
    error => end(nameOf(error))
  )
  return { record, ended }
}

function nameOf(error: unknown): string {
  return requestErrorOf(error)?.definition.reason ?? codeNames[codeOf(error)]
}

process.on('message', async ({ callsPerSecond, durationMs, graceMs }: RunClient) => {
  const records: CallRecord[] = []
  const calls: Promise<void>[] = []
  const start = performance.now()
  while (performance.now() - start < durationMs) {
    while (records.length < ((performance.now() - start) / 1000) * callsPerSecond) {
      const { record, ended } = makeCall(records.length % 2 === 0)
      records.push(record)
      calls.push(ended)
    }
    await delay(5)
  }
  await Promise.race([Promise.all(calls), delay(graceMs)])
  const now = performance.timeOrigin + performance.now()
  for (const record of records) if (record.code === 'UNFINISHED') record.tookMs = now - record.startedAt
  process.send!(records)
})

await makeCall(true).ended
process.send!('ready')
