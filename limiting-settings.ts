import type { Config } from './config.ts'
import type { TokenStore } from './lib/limiter/store.ts'
import type { LimitingOptions } from './plugins/limiting.ts'

/**
 * How the settings of a gateway limit requests.
 *
 * @param local where tokens are counted without Redis; null: in the memory of the process.
 */
export function limitingSettings(config: Config, local: TokenStore | null = null): LimitingOptions {
  const global = config.RATE_LIMIT_GLOBAL_RPS
  const redis = config.RATE_LIMIT_REDIS_URL
  return {
    address: { rate: config.RATE_LIMIT_RPS, burst: config.RATE_LIMIT_BURST },
    subject: { rate: config.RATE_LIMIT_USER_RPS, burst: config.RATE_LIMIT_USER_BURST },
    failures: { rate: config.RATE_LIMIT_FAILURES_RPS, burst: config.RATE_LIMIT_FAILURES_BURST },
    global: global === null ? null : { rate: global, burst: config.RATE_LIMIT_GLOBAL_BURST },
    redis: redis === null ? null : { url: redis, timeoutMs: config.RATE_LIMIT_REDIS_TIMEOUT_MS },
    local
  }
}
