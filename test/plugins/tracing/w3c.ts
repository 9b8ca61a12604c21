import type { Test } from 'tap'
import { build } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'
import { traceId, type W3cCase, w3cCases } from './w3c-cases.ts'

/** What the service was told of a trace. */
export interface Told {
  traceId: string
  spanId: string
  flags: number
  state: string | null
}

/** Sends all cases to a gateway over sockets and compares what the service gets; `check` says what holds besides. */
export async function checkW3cCases(t: Suite, check: (t: Test, told: Told, sent: W3cCase) => void): Promise<void> {
  const { url, upstream } = await build(t, { RATE_LIMIT_BURST: '10000' })
  for (const sent of w3cCases) {
    await t.test(sent.name, async t => {
      const lines = sent.headers.map(([name, value]) => `${name}: ${value}`)
      const bytes = requestBytes(['GET /api/v1/categories HTTP/1.1', ...lines, 'Connection: close'])
      const [answer] = await exchange(url, bytes)
      t.equal(answer?.status, 200)
      const told = toldOf(upstream.calls.at(-1)!.header)
      t.match(told.traceId, /^[0-9a-f]{32}$/)
      t.match(told.spanId, /^[0-9a-f]{16}$/)
      t.notMatch(told.traceId, /^0*$/)
      t.notMatch(told.spanId, /^0*$/)
      if (sent.goesOn) t.equal(told.traceId, traceId)
      else t.notSame(told.traceId, traceId)
      t.equal(told.state, sent.state ?? null)
      t.equal(told.flags & (sent.flags ?? 0), sent.flags ?? 0)
      check(t, told, sent)
    })
  }
}

type Suite = Pick<Test, 'test' | 'teardown'>

function toldOf(header: Headers): Told {
  const [version, traceId = '', spanId = '', flags = ''] = (header.get('traceparent') ?? '').split('-')
  if (version !== '00') throw new Error(`the service got traceparent "${header.get('traceparent')}"`)
  return { traceId, spanId, flags: Number.parseInt(flags, 16), state: header.get('tracestate') }
}
