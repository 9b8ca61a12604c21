import { Redis } from 'ioredis'
import t from 'tap'
import { RedisStore } from '../../../lib/limiter/redis-store.ts'
import { skipWithoutRedis, startRedis } from '../../backends/redis.ts'
import type { Test } from '../../helper.ts'

/** Fills in a thousand seconds: within a test, not at all. */
const slow = { size: 3, periodMs: 1_000_000 }

async function connect(test: Test): Promise<{ redis: Redis; store: RedisStore; url: string }> {
  const { url } = await startRedis(test)
  const redis = new Redis(url)
  test.teardown(() => redis.disconnect())
  return { redis, store: new RedisStore(redis), url }
}

t.test('token buckets in Redis', { skip: skipWithoutRedis }, async t => {
  t.test('a bucket gives its size at once, and says what is left and until when', async t => {
    const { store } = await connect(t)
    const taken = []
    for (let count = 0; count < 4; count++) taken.push(await store.take('a', slow, 1))
    t.same(
      taken.map(({ allowed, remaining }) => [allowed, remaining]),
      [
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0]
      ]
    )
    const [first, , , refused] = taken
    t.ok(Math.abs(first!.resetMs - 333_334) < 2, 'until it is full')
    t.ok(refused!.resetMs > 300_000 && refused!.resetMs <= 333_334, 'until it has a token')
  })

  t.test('a request takes all that it costs, or nothing', async t => {
    const { store } = await connect(t)
    t.match(await store.take('a', slow, 2), { allowed: true, remaining: 1 })
    t.match(await store.take('a', slow, 2), { allowed: false, remaining: 1 })
    t.match(await store.take('a', slow, 1), { allowed: true, remaining: 0 })
  })

  t.test('whoever shares the Redis shares the buckets', async t => {
    const { store, url } = await connect(t)
    const other = new Redis(url)
    t.teardown(() => other.disconnect())
    const stores = [store, new RedisStore(other)]
    const taken = await Promise.all(Array.from({ length: 50 }, (_, index) => stores[index % 2]!.take('a', slow, 1)))
    t.equal(taken.filter(({ allowed }) => allowed).length, 3)
  })

  t.test('keys are hashed, and gone when their bucket is full', async t => {
    const { redis, store } = await connect(t)
    for (const key of ['192.0.2.1', 'a:*{}\r\n', 'x'.repeat(10_000)]) await store.take(key, slow, 1)
    const keys = await redis.keys('*')
    t.equal(keys.length, 3)
    for (const key of keys) {
      t.match(key, /^sluice:limit:[\w-]{43}$/)
      const ttl = await redis.pttl(key)
      t.ok(ttl > 0 && ttl <= 333_334)
    }
  })

  t.test('a full bucket is no key', async t => {
    const { redis, store } = await connect(t)
    await store.take('a', { size: 100, periodMs: 100 }, 1)
    while ((await redis.dbsize()) > 0) await new Promise(resolve => setTimeout(resolve, 1))
    t.match(await store.take('a', { size: 100, periodMs: 100 }, 1), { allowed: true, remaining: 99 })
  })

  t.test('a Redis that has forgotten the script is told it again', async t => {
    const { redis, store } = await connect(t)
    await store.take('a', slow, 1)
    await redis.script('FLUSH')
    t.match(await store.take('a', slow, 1), { allowed: true, remaining: 1 })
  })

  t.test('a clock that was set back closes a bucket no longer than it takes to fill', async t => {
    const { redis, store } = await connect(t)
    await store.take('a', slow, 1)
    const [key] = await redis.keys('*')
    const state = Number(await redis.get(key!))
    // As if it had been written by a clock that was an hour ahead.
    await redis.set(key!, String(state + 3_600_000_000), 'KEEPTTL')
    const { allowed, resetMs } = await store.take('a', slow, 1)
    t.equal(allowed, false)
    t.ok(resetMs <= 333_334)
  })

  t.test('a Redis that only reads is an error, which says so', async t => {
    const { redis, store } = await connect(t)
    await redis.replicaof('127.0.0.1', '1')
    await t.rejects(store.take('a', slow, 1), /READONLY/)
  })
})

t.test('what is no answer of the script refuses nobody: it is an error', async t => {
  for (const answer of ['OK', null, 1, [], [1, 2], ['1', '2', '3'], [1, 2, 3, 4]]) {
    const redis = { defineCommand() {}, takeTokens: async () => answer } as unknown as Redis
    await t.rejects(new RedisStore(redis).take('a', slow, 1), TypeError, JSON.stringify(answer))
  }
})
