import { once } from 'node:events'
import { create, toBinary } from '@bufbuild/protobuf'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import t from 'tap'
import { createRedisCache } from '../../../backends/product/cache.ts'
import { type Product, ProductSchema } from '../../../gen/shop/product/v1/product_pb.ts'
import type { Test } from '../helper.ts'
import { freePort, skipWithoutRedis as skip, startRedis } from '../redis.ts'

const log = pino({ level: 'silent' })
const kettle = create(ProductSchema, { id: 'kettle', name: 'Kettle' })

function mustNotLoad(): Promise<Product | null> {
  throw new Error('must not load')
}

function openCache(test: Test, url: string) {
  const cache = createRedisCache(url, log)
  test.teardown(() => cache.close())
  return cache
}

function openRedis(test: Test, url: string) {
  const redis = new Redis(url)
  test.teardown(() => redis.disconnect())
  return redis
}

/** Reads until the cache answers: its connection opens in the background. */
async function readUntilCached(read: () => Promise<{ source: string }>) {
  while ((await read()).source !== 'cache') await new Promise(setImmediate)
}

t.test('a product is loaded once and then remembered, until it is forgotten', { skip }, async t => {
  const cache = openCache(t, (await startRedis(t)).url)
  await readUntilCached(() => cache.read('kettle', async () => kettle))
  t.same(await cache.read('kettle', mustNotLoad), { product: kettle, source: 'cache' })
  await cache.forget('kettle')
  t.same(await cache.read('kettle', async () => null), { product: null, source: 'database' })
})

t.test('that there is no such product is remembered too, for a shorter time', { skip }, async t => {
  const { url } = await startRedis(t)
  const cache = openCache(t, url)
  await readUntilCached(() => cache.read('none', async () => null))
  await readUntilCached(() => cache.read('kettle', async () => kettle))
  t.same(await cache.read('none', mustNotLoad), { product: null, source: 'cache' })
  const redis = openRedis(t, url)
  const [missing, found] = [await redis.pttl('product:none'), await redis.pttl('product:kettle')]
  t.ok(missing > 0 && missing <= 30_000, `${missing} ms`)
  t.ok(found > 240_000 && found <= 330_000, `${found} ms`)
})

t.test('a Redis that goes away is a miss and never an error', { skip }, async t => {
  const { url, server } = await startRedis(t)
  const cache = openCache(t, url)
  await readUntilCached(() => cache.read('kettle', async () => kettle))
  server.kill('SIGKILL')
  await once(server, 'exit')
  t.same(await cache.read('kettle', async () => kettle), { product: kettle, source: 'database' })
  await cache.forget('kettle')
})

t.test('a Redis that hangs is a miss', { skip }, async t => {
  const { url, server } = await startRedis(t)
  const cache = openCache(t, url)
  await readUntilCached(() => cache.read('kettle', async () => kettle))
  server.kill('SIGSTOP')
  t.same(await cache.read('kettle', async () => kettle), { product: kettle, source: 'database' })
  await cache.forget('kettle')
})

t.test('what is not this product is a miss, and is replaced', { skip }, async t => {
  const { url } = await startRedis(t)
  const [cache, redis] = [openCache(t, url), openRedis(t, url)]
  const other = Buffer.from(toBinary(ProductSchema, create(ProductSchema, { id: 'teapot' })))
  await readUntilCached(() => cache.read('kettle', async () => kettle))
  for (const strange of ['{"id":"kettle"}', other]) {
    await redis.set('product:kettle', strange)
    t.same(await cache.read('kettle', async () => kettle), { product: kettle, source: 'database' })
    await readUntilCached(() => cache.read('kettle', async () => kettle))
  }
})

t.test('a load that began before a change does not bring the old state back', { skip }, async t => {
  const cache = openCache(t, (await startRedis(t)).url)
  await readUntilCached(() => cache.read('other', async () => null))
  const renamed = create(ProductSchema, { ...kettle, name: 'Renamed' })
  const { promise: old, resolve: loadOld } = Promise.withResolvers<Product>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const early = cache.read('kettle', () => {
    begin()
    return old
  })
  await begun
  await cache.forget('kettle')
  t.equal((await cache.read('kettle', async () => renamed)).product?.name, 'Renamed', 'does not wait for the old load')
  loadOld(kettle)
  await early
  await readUntilCached(() => cache.read('kettle', async () => renamed))
  t.equal((await cache.read('kettle', mustNotLoad)).product?.name, 'Renamed')
})

t.test('without any Redis, callers at the same time share one load', async t => {
  const cache = openCache(t, `redis://127.0.0.1:${await freePort()}`)
  let loads = 0
  async function load() {
    loads += 1
    await new Promise(setImmediate)
    return kettle
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => cache.read('kettle', load)))
  t.ok(answers.every(answer => answer.product === kettle))
  t.equal(loads, 1)
})
