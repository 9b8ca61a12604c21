import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../config.ts'
import { upstreamSettings } from '../upstream-settings.ts'
import { secret } from './helper.ts'

t.test('without variables, calls are made as the channel has it by default, and TLS is up to the target', async t => {
  t.same(upstreamSettings(loadConfig({ JWT_SECRET: secret })), {
    tls: null,
    connectTimeoutMs: 5_000,
    waitForReadyMs: 5_000,
    balancing: 'round_robin',
    health: { mode: 'watch', intervalMs: 5_000, timeoutMs: 2_000 },
    outliers: {},
    resolve: { allowLoopback: false },
    bulkhead: { maxInFlight: 1_000, maxWaiting: 1_000 },
    maxStreams: 10_000,
    maxAttempts: 3,
    retryBudget: { ratio: 0.2 }
  })
})

t.test('files for TLS are read, and outliers may be kept', async t => {
  const folder = t.testdir({ 'cert.pem': 'the certificate', 'key.pem': 'the key' })
  const settings = upstreamSettings(
    loadConfig({
      JWT_SECRET: secret,
      UPSTREAM_TLS_CERT_FILE: join(folder, 'cert.pem'),
      UPSTREAM_TLS_KEY_FILE: join(folder, 'key.pem'),
      UPSTREAM_OUTLIERS: 'keep'
    })
  )
  t.same(settings.tls, { cert: Buffer.from('the certificate'), key: Buffer.from('the key') })
  t.equal(settings.outliers, null)
})
