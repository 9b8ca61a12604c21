import t from 'tap'
import { type ChannelOptions, settingsOf } from '../../../../lib/upstream/channel/options.ts'

const required = { name: 'product', target: 'product:9002' }

const bad: [object, string][] = [
  [{ target: 'product' }, 'upstream "product": target: the port is missing'],
  [{ waitForReadyMs: -1 }, 'upstream "product": waitForReadyMs must not be below 0'],
  [{ waitForReadyMs: Number.NaN }, 'upstream "product": waitForReadyMs must not be below 0'],
  [{ maxWaiting: 1.5 }, 'upstream "product": maxWaiting must be a whole number that is not below 0'],
  [{ balancing: 'random' }, 'upstream "product": balancing must be round_robin or least_request'],
  [{ connectTimeoutMs: 0 }, 'upstream "product": connectTimeoutMs must be above 0'],
  [{ drainTimeoutMs: -1 }, 'upstream "product": drainTimeoutMs must not be below 0'],
  [{ idleMs: 0 }, 'upstream "product": idleMs must be above 0'],
  [{ backoff: { baseMs: 0 } }, 'upstream "product": backoff.baseMs and backoff.maxMs must be above 0'],
  [{ backoff: { factor: 0.5 } }, 'upstream "product": backoff.factor must not be below 1'],
  [{ backoff: { jitter: 1 } }, 'upstream "product": backoff.jitter must be from 0 to below 1'],
  [{ health: { mode: 'on' } }, 'upstream "product": health.mode must be watch, check or off'],
  [{ health: { intervalMs: 0 } }, 'upstream "product": health.intervalMs and health.timeoutMs must be above 0'],
  [
    { outliers: { consecutiveFailures: 0 } },
    'upstream "product": outliers.consecutiveFailures must be a whole number above 0'
  ],
  [{ outliers: { failureRatio: 0 } }, 'upstream "product": outliers.failureRatio must be above 0 and not above 1'],
  [{ outliers: { minCalls: 0 } }, 'upstream "product": outliers.minCalls must be a whole number above 0'],
  [{ outliers: { windowMs: 0 } }, 'upstream "product": outliers.windowMs must be above 0'],
  [{ outliers: { baseEjectionMs: 0 } }, 'upstream "product": outliers.baseEjectionMs must be above 0'],
  [{ outliers: { maxEjectionMs: 1 } }, 'upstream "product": outliers.maxEjectionMs must not be below baseEjectionMs'],
  [
    { outliers: { maxEjectedShare: 1.1 } },
    'upstream "product": outliers.maxEjectedShare must be above 0 and not above 1'
  ],
  [{ resolve: { intervalMs: 0 } }, 'upstream "product": resolve.intervalMs and minIntervalMs must be above 0'],
  [{ resolve: { maxAddresses: 0 } }, 'upstream "product": resolve.maxAddresses must be a whole number above 0'],
  [{ readMaxBytes: 0 }, 'upstream "product": readMaxBytes must be a whole number above 0'],
  [{ writeMaxBytes: 0 }, 'upstream "product": writeMaxBytes must be a whole number above 0'],
  [{ headersTimeoutMs: 0 }, 'upstream "product": headersTimeoutMs must be above 0, or null'],
  [{ sendCompression: 'br' }, 'upstream "product": sendCompression must be identity or gzip'],
  [
    { resolve: { intervalMs: Number.POSITIVE_INFINITY } },
    'upstream "product": resolve.intervalMs must not be above 1073741824'
  ],
  [{ health: { intervalMs: 2 ** 31 } }, 'upstream "product": health.intervalMs must not be above 1073741824'],
  [{ connectTimeoutMs: 2 ** 31 }, 'upstream "product": connectTimeoutMs must not be above 1073741824'],
  [{ target: 'https://product', tls: { cert: 'x' } }, 'the TLS of product: cert without key']
]

for (const [options, message] of bad) {
  t.test(`${JSON.stringify(options)} is refused`, async t => {
    t.throws(() => settingsOf({ ...required, ...options } as ChannelOptions), {
      code: 'SLUICE_ERR_OPTION_INVALID',
      message
    })
  })
}

t.test('without options, there are defaults', async t => {
  const { endpoints, resolve, onEvent, ...settings } = settingsOf(required)
  t.match(settings, {
    waitForReadyMs: 5_000,
    maxWaiting: 1_000,
    balancing: 'round_robin',
    ejects: true,
    idleMs: 300_000
  })
  t.match(endpoints, {
    tls: null,
    connectTimeoutMs: 5_000,
    health: { mode: 'watch', service: '', intervalMs: 5_000, timeoutMs: 2_000 },
    limits: { readMaxBytes: 4 * 1024 * 1024, writeMaxBytes: 1024 * 1024, headersTimeoutMs: null },
    drainTimeoutMs: 30_000
  })
  t.match(resolve, { intervalMs: 30_000, minIntervalMs: 1_000, maxAddresses: 100, allowLoopback: false })
  t.type(onEvent, 'function')
})

const tlsOf = (target: string, tls?: ChannelOptions['tls']) =>
  settingsOf({ ...required, target, ...(tls !== undefined && { tls }) }).endpoints.tls

t.test('https:// is TLS with or without options, http:// never', async t => {
  t.same(tlsOf('https://product'), {})
  t.same(tlsOf('https://product', null), {})
  t.same(tlsOf('https://product', { serverName: 'a' }), { serverName: 'a' })
  t.equal(tlsOf('http://product', { serverName: 'a' }), null)
})

t.test('without a scheme, there is TLS when there are options for it', async t => {
  t.equal(tlsOf('product:1'), null)
  t.same(tlsOf('product:1', {}), {})
})
