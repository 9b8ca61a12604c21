import type { Transport } from '@connectrpc/connect'
import { createChannel } from '../../../lib/upstream/channel/channel.ts'
import type { Policy } from '../../../lib/upstream/grpc/call.ts'
import { createTransport } from '../../../lib/upstream/grpc/connect-transport.ts'
import { createWire, type Wire } from '../../../lib/upstream/grpc/wire.ts'
import type { Test } from '../../helper.ts'

/** Calls to what is at `target`, through policies, over a channel that ends with the test. */
export function openWire(t: Test, target: string, policies: Policy[]): { wire: Wire; transport: Transport } {
  const channel = createChannel({
    name: 'upstream',
    target,
    connectTimeoutMs: 1_000,
    waitForReadyMs: 0,
    headersTimeoutMs: 2_000,
    health: { mode: 'off' }
  })
  t.teardown(() => channel.close())
  const wire = createWire({ send: channel.send, policies, writeMaxBytes: 1024 * 1024 })
  return { wire, transport: createTransport(wire) }
}
