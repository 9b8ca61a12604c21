import { once } from 'node:events'
import { createServer } from 'node:net'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { createServiceClient } from '../../../backends/shared/clients.ts'
import { type Caller, callerOf } from '../../../backends/shared/identity.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { refusalOf, type Test } from '../helper.ts'
import { type EchoHandlers, startEcho } from './echo.ts'

const productIds = [newId()]

async function startClient(t: Test, batchGetStock: NonNullable<EchoHandlers['batchGetStock']>, timeoutMs?: number) {
  const { url, tokens } = await startEcho(t, { batchGetStock })
  const options = { target: url, tokens, as: 'order-service', ...(timeoutMs !== undefined && { timeoutMs }) }
  const client = createServiceClient(InventoryService, options)
  t.teardown(() => client[Symbol.dispose]())
  return client
}

t.test('a call is made in the name of the service', async t => {
  let caller: Caller | undefined
  const client = await startClient(t, async context => {
    caller = callerOf(context)
    return {}
  })
  await client.batchGetStock({ productIds })
  t.match(caller, { subject: 'order-service', kind: 'service' })
})

t.test('the other service learns the deadline: a second, or what the call says', async t => {
  const told: (number | undefined)[] = []
  const client = await startClient(t, async context => {
    told.push(context.timeoutMs())
    return {}
  })
  await client.batchGetStock({ productIds })
  await client.batchGetStock({ productIds }, { timeoutMs: 200 })
  const [standard, narrowed] = told
  t.ok(standard! > 500 && standard! <= 1_000)
  t.ok(narrowed! > 0 && narrowed! <= 200)
})

t.test('a call that takes longer than its deadline is given up', async t => {
  const client = await startClient(t, async ({ signal }) => once(signal, 'abort'), 50)
  const error = await refusalOf(client.batchGetStock({ productIds }))
  t.equal(error.code, Code.DeadlineExceeded)
})

t.test('a service that is down is UNAVAILABLE', async t => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as { port: number }
  closed.close()
  const { tokens } = await startEcho(t)
  const target = `http://127.0.0.1:${port}`
  const client = createServiceClient(InventoryService, { target, tokens, as: 'order-service' })
  t.equal((await refusalOf(client.batchGetStock({ productIds }))).code, Code.Unavailable)
})

t.test('a client finds its service again after a restart', async t => {
  const first = await startEcho(t)
  const { port } = new URL(first.url)
  const client = createServiceClient(InventoryService, {
    target: first.url,
    tokens: first.tokens,
    as: 'order-service'
  })
  t.teardown(() => client[Symbol.dispose]())
  await client.batchGetStock({ productIds })
  await first.close()
  await startEcho(t, {}, Number(port))
  await t.resolves(client.batchGetStock({ productIds }))
})
