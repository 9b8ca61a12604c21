import { readFile } from 'node:fs/promises'
import t from 'tap'
import { describeConfig, loadConfig } from '../config.ts'
import { secret } from './helper.ts'

const good = { JWT_SECRET: secret }

t.test('without settings but the secret, the defaults hold', async t => {
  t.match(loadConfig(good), {
    HOST: '0.0.0.0',
    PORT: 8080,
    ORDER_SERVICE_URL: 'http://127.0.0.1:9003',
    RATE_LIMIT_RPS: 100,
    RATE_LIMIT_BURST: 200,
    UPSTREAM_TIMEOUT_MS: 5000,
    BREAKER_FAILURE_RATIO: 0.6,
    DRAIN_DELAY_MS: 1500,
    BODY_LIMIT: 65_536,
    TRUST_PROXY: false,
    OTEL_EXPORTER_OTLP_ENDPOINT: ''
  })
})

t.test('the configuration cannot be changed', async t => {
  const config = loadConfig(good) as { PORT: number }
  t.throws(() => {
    config.PORT = 1
  }, TypeError)
})

t.test('an empty variable counts as not set', async t => {
  t.equal(loadConfig({ ...good, PORT: '' }).PORT, 8080)
})

t.test('a bad value keeps the gateway from starting, and its variable is named', async t => {
  const bad: [string, string[]][] = [
    ['PORT', ['80a', '-1', '65536', '1.5', ' 80']],
    ['LOG_LEVEL', ['loud']],
    ['NODE_ENV', ['staging']],
    ['JWT_AUDIENCE', ['internal']],
    ['USER_SERVICE_URL', ['localhost', 'ftp://a', 'http://a/path', 'http://u:p@a', 'http://a?b', 'a:1,']],
    ['RATE_LIMIT_RPS', ['0', '-1', 'many', '1e3']],
    ['RATE_LIMIT_BURST', ['0', '1.5']],
    ['UPSTREAM_TIMEOUT_MS', ['0', '5s']],
    ['UPSTREAM_BALANCING', ['random']],
    ['UPSTREAM_HEALTH', ['on']],
    ['UPSTREAM_OUTLIERS', ['yes']],
    ['UPSTREAM_MAX_ATTEMPTS', ['0', '4']],
    ['UPSTREAM_RETRY_RATIO', ['1.1', '20%']],
    ['UPSTREAM_MAX_IN_FLIGHT', ['0']],
    ['UPSTREAM_TLS_CA_FILE', ['/nowhere/ca.pem', '/']],
    ['BREAKER_FAILURE_RATIO', ['0', '1.1', '60%']],
    ['BREAKER_PROBES', ['0']],
    ['DRAIN_TIMEOUT_MS', ['-1']],
    ['BODY_LIMIT', ['0', '64k']],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4317']],
    ['OTEL_TRACES_SAMPLER', ['sometimes']]
  ]
  for (const [name, values] of bad) {
    for (const value of values) {
      const wanted = { code: 'SLUICE_ERR_CONFIG_INVALID', message: new RegExp(`^${name} must `) }
      t.throws(() => loadConfig({ ...good, [name]: value }), wanted, `${name}=${value}`)
    }
  }
})

t.test('all that is wrong is told at once', async t => {
  t.throws(() => loadConfig({ PORT: 'x', BODY_LIMIT: 'y' }), {
    message: /PORT must .*; JWT_SECRET is not set.*; BODY_LIMIT/
  })
})

t.test('a secret must be there, be long, be random and be nobody else’s', async t => {
  t.throws(() => loadConfig({}), { message: 'JWT_SECRET is not set' })
  t.throws(() => loadConfig({ JWT_SECRET: 'B7q!x2Lw9Zr4Kd8Tn5Vf1Hs6Pc3Gm0Y' }), { message: /at least 32 bytes/ })
  t.throws(() => loadConfig({ JWT_SECRET: 'ababababababababababababababababab' }), { message: /random/ })
  for (const known of ['your-secret-key', 'your-secret-key-your-secret-key-1234', `your-secret-key${' '.repeat(40)}`]) {
    t.throws(() => loadConfig({ JWT_SECRET: known }), { message: 'JWT_SECRET is a well-known value' }, known)
  }
})

t.test('no message holds the secret', async t => {
  try {
    loadConfig({ JWT_SECRET: 'tooshort-abcdefg' })
    t.fail('must refuse')
  } catch (error) {
    t.notMatch((error as Error).message, 'tooshort')
  }
})

t.test('in development any secret will do, and nobody waits for balancers', async t => {
  const config = loadConfig({ NODE_ENV: 'development', JWT_SECRET: 'dev' })
  t.same(config.JWT_SECRET, Buffer.from('dev'))
  t.equal(config.DRAIN_DELAY_MS, 0)
  t.throws(() => loadConfig({ NODE_ENV: 'development' }), { message: 'JWT_SECRET is not set' })
})

t.test('trust is given to addresses, never to a number of hops or to everybody', async t => {
  t.same(loadConfig({ ...good, TRUST_PROXY: '10.0.0.0/8, fd00::/8,192.0.2.1' }).TRUST_PROXY, [
    '10.0.0.0/8',
    'fd00::/8',
    '192.0.2.1'
  ])
  const mapped = ['::ffff:10.0.0.0/8', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:a00:0/104']
  for (const value of [
    ...mapped,
    '1',
    'true',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '10.0.0.0/8,',
    'fe80::1%eth0',
    'proxy.internal'
  ]) {
    t.throws(() => loadConfig({ ...good, TRUST_PROXY: value }), { message: /^TRUST_PROXY must/ }, value)
  }
})

t.test('docs/configuration.md lists every variable, with its default', async t => {
  const text = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8')
  const rows = describeConfig().map(
    ({ name, fallback, doc }) => `| \`${name}\` | ${fallback && `\`${fallback}\``} | ${doc} |`
  )
  t.same(
    text.split('\n').filter(line => line.startsWith('| `')),
    rows
  )
})

t.test('the paths of plain HTTP services come from a file, and authorities from files beside it', async t => {
  const route = { name: 'legacy', prefix: '/legacy', target: 'https://legacy' }
  const folder = t.testdir({
    'proxy.json': JSON.stringify({ routes: [{ ...route, caFile: 'ca.pem' }] }),
    'ca.pem': 'authorities',
    'broken.json': '{',
    'other.json': '{"routes": {}}',
    'missing.json': JSON.stringify({ routes: [{ ...route, caFile: 'nowhere.pem' }] })
  })
  t.equal(loadConfig(good).PROXY_FILE, null)
  t.same(loadConfig({ ...good, PROXY_FILE: `${folder}/proxy.json` }).PROXY_FILE, {
    routes: [{ ...route, ca: 'authorities' }]
  })
  for (const name of ['broken.json', 'other.json', 'missing.json', 'nowhere.json']) {
    t.throws(() => loadConfig({ ...good, PROXY_FILE: `${folder}/${name}` }), { message: /^PROXY_FILE must be [^\n]*$/ })
  }
})
