import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { createServiceClient } from '../../../backends/shared/clients.ts'
import { type Caller, callerOf } from '../../../backends/shared/identity.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { eventually } from '../eventually.ts'
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
  const { tokens } = await startEcho(t)
  const target = await unusedTarget()
  const client = createServiceClient(InventoryService, { target, tokens, as: 'order-service' })
  t.teardown(() => client[Symbol.dispose]())
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

t.test('of the endpoints of a service, calls go to those that are up and say that they serve', async t => {
  const called: string[] = []
  let illWasAsked = false
  const call = (name: string) => async () => {
    called.push(name)
    return {}
  }
  const well = await startEcho(t, { batchGetStock: call('well') })
  const ill = await startEcho(t, {
    batchGetStock: call('ill'),
    async ready() {
      illWasAsked = true
      return false
    }
  })
  const target = [await unusedTarget(), ill.url, well.url].join(',')
  const client = createServiceClient(InventoryService, { target, tokens: well.tokens, as: 'order-service' })
  t.teardown(() => client[Symbol.dispose]())
  const callFour = async () => {
    called.length = 0
    for (let made = 0; made < 4; made++) await client.batchGetStock({ productIds })
    return called.every(name => name === 'well')
  }
  // What they say of themselves comes after the first calls.
  await eventually(async () => (await callFour()) && illWasAsked)
  t.ok(await callFour())
})

t.test('a service that says that it does not serve is called when there is no other', async t => {
  const { url, tokens } = await startEcho(t, { ready: async () => false })
  const client = createServiceClient(InventoryService, { target: url, tokens, as: 'order-service' })
  t.teardown(() => client[Symbol.dispose]())
  for (let call = 0; call < 3; call++) await t.resolves(client.batchGetStock({ productIds }))
})

t.test('a call that was answered with UNAVAILABLE is not made again', async t => {
  let calls = 0
  const client = await startClient(t, async () => {
    calls += 1
    throw new ConnectError('away', Code.Unavailable)
  })
  t.match(await refusalOf(client.batchGetStock({ productIds })), { code: Code.Unavailable, rawMessage: 'away' })
  t.equal(calls, 1)
})

t.test('an answer of more than 4 MiB is RESOURCE_EXHAUSTED', async t => {
  const sizes = [4_000_000, 4_300_000]
  const client = await startClient(t, async () => ({ stocks: [{ sku: 'x'.repeat(sizes.shift()!) }] }))
  const { stocks } = await client.batchGetStock({ productIds })
  t.equal(stocks[0]?.sku.length, 4_000_000)
  t.equal((await refusalOf(client.batchGetStock({ productIds }))).code, Code.ResourceExhausted)
})

t.test('a service that fell silent is UNAVAILABLE before the deadline, and found by another connection', async t => {
  const { url, tokens } = await startEcho(t)
  const { target, fallSilent } = await startLink(t, Number(new URL(url).port))
  const client = createServiceClient(InventoryService, { target, tokens, as: 'order-service' })
  t.teardown(() => client[Symbol.dispose]())
  await client.batchGetStock({ productIds })
  fallSilent()
  const error = await refusalOf(client.batchGetStock({ productIds }, { timeoutMs: 60_000 }))
  t.equal(error.code, Code.Unavailable)
  await t.resolves(client.batchGetStock({ productIds }))
})

t.test('the end of a client ends its calls and its connections', async t => {
  const called = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const client = await startClient(t, async ({ signal }) => {
    called.resolve()
    await once(signal, 'abort')
    left.resolve()
    return {}
  })
  const refusal = refusalOf(client.batchGetStock({ productIds }, { timeoutMs: 60_000 }))
  await called.promise
  client[Symbol.dispose]()
  t.equal((await refusal).code, Code.Unavailable)
  await t.resolves(left.promise)
  t.equal((await refusalOf(client.batchGetStock({ productIds }))).code, Code.Unavailable)
})

/** Where nothing listens. */
async function unusedTarget(): Promise<string> {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  return `http://127.0.0.1:${port}`
}

/** A way to a port, whose connections can fall silent; those that come later do not. */
async function startLink(t: Test, port: number) {
  const silent = new AbortController()
  const link = createServer(client => {
    const server = connect(port, '127.0.0.1')
    t.teardown(() => {
      client.destroy()
      server.destroy()
    })
    client.on('error', () => {}).pipe(server.on('error', () => {}))
    server.pipe(client)
    silent.signal.addEventListener('abort', () => server.unpipe(client))
  })
  link.listen(0, '127.0.0.1')
  await once(link, 'listening')
  t.teardown(() => link.close())
  return {
    target: `http://127.0.0.1:${(link.address() as AddressInfo).port}`,
    fallSilent: () => silent.abort()
  }
}
