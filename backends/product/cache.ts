import { Redis } from 'ioredis'
import type { Logger } from 'pino'

const commandTimeoutMs = 100
const ttlMs = 5 * 60_000
const ttlJitterMs = 30_000
/** How long "there is no such product" is believed. */
const missingTtlMs = 30_000
const missing = ''

/** Where a value came from. */
export type CacheSource = 'cache' | 'database'

/** What several processes remember of products. */
export interface ProductCache {
  /**
   * The bytes under an id, from the cache or from `load`; null when `load` finds none. Callers that miss at the same time
   * share one `load`.
   */
  read(id: string, load: () => Promise<Uint8Array | null>): Promise<{ bytes: Uint8Array | null; source: CacheSource }>
  /** Forgets a product. Only after the commit of its change: before it, a reader would bring the old state back. */
  forget(id: string): Promise<void>
  close(): Promise<void>
}

/** Remembers nothing: for a service without Redis. */
export const noCache: ProductCache = {
  read: async (_id, load) => ({ bytes: await load(), source: 'database' }),
  forget: async () => {},
  close: async () => {}
}

/** A cache in Redis. A Redis that is slow, full or away is a miss, and never an error. */
export function createRedisCache(url: string, log: Logger): ProductCache {
  const redis = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    // Commands fail at once while there is no connection, rather than wait for one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: attempt => Math.min(attempt * 100, 2_000)
  })
  redis.on('error', error => log.debug({ err: error }, 'the product cache is away'))
  const loading = new Map<string, Promise<Uint8Array | null>>()

  async function remember(id: string, bytes: Uint8Array | null) {
    const jitter = Math.round((Math.random() * 2 - 1) * ttlJitterMs)
    const life = bytes === null ? missingTtlMs : ttlMs + jitter
    await redis.set(keyOf(id), bytes === null ? missing : Buffer.from(bytes), 'PX', life).catch(() => {})
  }

  function loadOnce(id: string, load: () => Promise<Uint8Array | null>) {
    const shared = loading.get(id)
    if (shared !== undefined) return shared
    const started = load()
      .then(async bytes => {
        await remember(id, bytes)
        return bytes
      })
      .finally(() => loading.delete(id))
    loading.set(id, started)
    return started
  }

  return {
    async read(id, load) {
      const kept = await redis.getBuffer(keyOf(id)).catch(() => null)
      if (kept === null) return { bytes: await loadOnce(id, load), source: 'database' }
      return { bytes: kept.length === 0 ? null : kept, source: 'cache' }
    },
    async forget(id) {
      await redis.del(keyOf(id)).catch(() => {})
    },
    async close() {
      redis.disconnect()
    }
  }
}

function keyOf(id: string): string {
  return `product:${id}`
}
