import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { Failover } from '../../lib/limiter/failover.ts'
import { MemoryStore } from '../../lib/limiter/memory-store.ts'
import { RedisStore } from '../../lib/limiter/redis-store.ts'
import type { TokenStore } from '../../lib/limiter/store.ts'
import type { RedisOptions } from './options.ts'

export interface Stores {
  /** The store of one limit. Each has its own memory, so that the keys of one cannot drive out those of another. */
  create(): TokenStore
  /** Where tokens are counted now. `memory` for good, or while Redis is away. */
  place(): 'memory' | 'redis'
}

/**
 * The stores of a gateway: local ones, and above them a Redis that it shares with others and closes with itself.
 *
 * @param local null: the memory of the process.
 */
export function createStores(gateway: FastifyInstance, options: RedisOptions | null, local: TokenStore | null): Stores {
  const createLocal = () => local ?? new MemoryStore()
  if (options === null) return { create: createLocal, place: () => 'memory' }
  const redis = connect(gateway, options)
  const fallbacks = gateway.meter.createCounter('rate_limiter.fallback.count', {
    description: 'Takes of tokens that were counted locally, because Redis did not answer in time.'
  })
  const failover = new Failover({
    shared: new RedisStore(redis),
    onFallback: () => fallbacks.add(1),
    onLost: error => gateway.log.warn({ err: error }, 'Redis is away: rate limits are counted locally'),
    onFound: () => gateway.log.info('Redis is back: rate limits are counted together')
  })
  return {
    create: () => failover.over(createLocal()),
    place: () => (failover.isShared ? 'redis' : 'memory')
  }
}

function connect(gateway: FastifyInstance, { url, timeoutMs = 25 }: RedisOptions): Redis {
  const redis = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    // Commands fail at once while there is no connection, rather than wait for one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: attempt => Math.min(attempt * 100, 2_000),
    // After a failover the address of the master leads to another server; until then this one refuses to write.
    reconnectOnError: error => error.message.startsWith('READONLY')
  })
  // Told once, when takes fail; the client tells it with each attempt to connect.
  redis.on('error', error => gateway.log.debug({ err: error }, 'Redis'))
  // A request that comes before there is a connection would be counted locally.
  gateway.addHook('onReady', async function waitForRedis() {
    if (redis.status === 'ready') return
    await new Promise<void>(resolve => {
      redis.once('ready', resolve).once('close', resolve)
    })
  })
  gateway.addHook('onClose', async function closeRedis() {
    redis.disconnect()
  })
  return redis
}
