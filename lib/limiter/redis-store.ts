import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Redis, Result } from 'ioredis'
import type { Taken, TokenBucket, TokenStore } from './store.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeTokens(
      key: string,
      periodUs: string,
      tokenUs: string,
      cost: string
    ): Result<[allowed: number, remaining: number, resetUs: number], Context>
  }
}

const lua = readFileSync(new URL('take-tokens.lua', import.meta.url), 'utf8')

/**
 * Token buckets in Redis 5 or newer, for all that share it. Each take is one call of one script, which Redis runs alone: no two
 * takes see the same bucket.
 *
 * Keys are hashed: whoever chooses one can neither reach other keys nor choose what is kept, and no address or user is
 * stored. Every key expires when its bucket is full.
 */
export class RedisStore implements TokenStore {
  readonly #redis: Redis
  readonly #prefix: string

  /** @param prefix what all its keys begin with. */
  constructor(redis: Redis, prefix = 'sluice:limit:') {
    this.#redis = redis
    this.#prefix = prefix
    redis.defineCommand('takeTokens', { numberOfKeys: 1, lua })
  }

  /** @throws what the client throws when Redis does not answer, or refuses; a TypeError for another answer than the script's */
  async take(key: string, { size, periodMs }: TokenBucket, cost: number): Promise<Taken> {
    const periodUs = periodMs * 1000
    const answer: unknown = await this.#redis.takeTokens(
      `${this.#prefix}${hash('sha256', key, 'base64url')}`,
      String(periodUs),
      String(periodUs / size),
      String(cost)
    )
    // What is no Redis may answer anything, and must not refuse anybody by it.
    if (!isAnswer(answer)) throw new TypeError('the answer is not that of the script')
    const [allowed, remaining, resetUs] = answer
    return { allowed: allowed === 1, remaining, resetMs: resetUs / 1000 }
  }
}

function isAnswer(answer: unknown): answer is [allowed: number, remaining: number, resetUs: number] {
  return Array.isArray(answer) && answer.length === 3 && answer.every(each => typeof each === 'number')
}
