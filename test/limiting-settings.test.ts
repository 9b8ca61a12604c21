import t from 'tap'
import { loadConfig } from '../config.ts'
import { limitingSettings } from '../limiting-settings.ts'
import { secret } from './helper.ts'

t.test('without variables, addresses, users and failures are limited, and counted in memory', async t => {
  t.same(limitingSettings(loadConfig({ JWT_SECRET: secret })), {
    address: { rate: 100, burst: 200 },
    subject: { rate: 100, burst: 200 },
    failures: { rate: 10, burst: 200 },
    global: null,
    redis: null,
    local: null
  })
})

t.test('there may be a limit for all, and a Redis', async t => {
  const config = loadConfig({
    JWT_SECRET: secret,
    RATE_LIMIT_GLOBAL_RPS: '5000',
    RATE_LIMIT_REDIS_URL: 'rediss://cache:6379/1',
    RATE_LIMIT_REDIS_TIMEOUT_MS: '40'
  })
  t.match(limitingSettings(config), {
    global: { rate: 5_000, burst: 1_000 },
    redis: { url: 'rediss://cache:6379/1', timeoutMs: 40 }
  })
})

t.test('what is no Redis is refused by name', async t => {
  for (const url of ['localhost:6379', 'http://cache', 'redis://']) {
    t.throws(() => loadConfig({ JWT_SECRET: secret, RATE_LIMIT_REDIS_URL: url }), {
      message: /RATE_LIMIT_REDIS_URL must/
    })
  }
})
