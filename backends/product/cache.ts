import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { type Product, ProductSchema } from '../../gen/shop/product/v1/product_pb.ts'

const commandTimeoutMs = 100
const ttlMs = 5 * 60_000
const ttlJitterMs = 30_000
/** How long "there is no such product" is believed. */
const missingTtlMs = 30_000
const missing = Buffer.alloc(0)

/** Where a product came from. */
export type CacheSource = 'cache' | 'database'

/** What several processes remember of products. */
export interface ProductCache {
  /**
   * The product of an id, from the cache or from `load`; null when `load` finds none. Callers that miss at the same time
   * share one `load`.
   */
  read(id: string, load: () => Promise<Product | null>): Promise<{ product: Product | null; source: CacheSource }>
  /**
   * Forgets a product. Only after the commit of its change: before it, a reader would bring the old state back. A reader
   * in another process that loaded before the commit may still do so, until the entry expires.
   */
  forget(id: string): Promise<void>
  close(): Promise<void>
}

/** Remembers nothing: for a service without Redis. */
export const noCache: ProductCache = {
  read: async (_id, load) => ({ product: await load(), source: 'database' }),
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
  const loading = new Map<string, Promise<Product | null>>()

  /** What is remembered: a product, null for "there is none", undefined for nothing that helps. */
  async function recall(id: string): Promise<Product | null | undefined> {
    const bytes = await redis.getBuffer(keyOf(id)).catch(() => null)
    if (bytes === null) return undefined
    return bytes.length === 0 ? null : decode(id, bytes)
  }

  // Nobody waits for it: an answer should not be slow because Redis is.
  function remember(id: string, product: Product | null): void {
    const jitter = Math.round((Math.random() * 2 - 1) * ttlJitterMs)
    const bytes = product === null ? missing : Buffer.from(toBinary(ProductSchema, product))
    redis.set(keyOf(id), bytes, 'PX', product === null ? missingTtlMs : ttlMs + jitter).catch(() => {})
  }

  function loadOnce(id: string, load: () => Promise<Product | null>): Promise<Product | null> {
    const shared = loading.get(id)
    if (shared !== undefined) return shared
    // Forgotten while it loads, it may hold the state before the change: it is answered, but not remembered.
    const isCurrent = () => loading.get(id) === started
    const started = load()
      .then(product => {
        if (isCurrent()) remember(id, product)
        return product
      })
      .finally(() => {
        if (isCurrent()) loading.delete(id)
      })
    loading.set(id, started)
    return started
  }

  return {
    async read(id, load) {
      const known = await recall(id)
      if (known !== undefined) return { product: known, source: 'cache' }
      return { product: await loadOnce(id, load), source: 'database' }
    },
    async forget(id) {
      loading.delete(id)
      await redis.del(keyOf(id)).catch(error => {
        log.warn(
          { err: error, productId: id },
          'a changed product may be shown as it was until its cache entry expires'
        )
      })
    },
    async close() {
      redis.disconnect()
    }
  }
}

/** Undefined for bytes that are not this product: another version, or another program, may have left them there. */
function decode(id: string, bytes: Uint8Array): Product | undefined {
  try {
    const product = fromBinary(ProductSchema, bytes)
    return product.id === id ? product : undefined
  } catch {
    return undefined
  }
}

function keyOf(id: string): string {
  return `product:${id}`
}
