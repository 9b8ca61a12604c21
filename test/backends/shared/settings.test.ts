import t from 'tap'
import { readSettings, type ServiceName } from '../../../backends/shared/settings.ts'
import { testSecret } from '../helper.ts'

const required = { DATABASE_URL: 'postgres://shop:shop@db/users', JWT_SECRET: testSecret }

t.test('what is not set has its default', async t => {
  t.same(readSettings('product', required), {
    host: '127.0.0.1',
    port: 9002,
    databaseUrl: required.DATABASE_URL,
    secret: testSecret,
    issuer: 'shop-user-service',
    audience: 'shop',
    logLevel: 'info',
    seedCatalogue: false
  })
})

t.test('what is set holds', async t => {
  const settings = readSettings('user', {
    ...required,
    HOST: '0.0.0.0',
    PORT: '0',
    JWT_ISSUER: 'issuer',
    JWT_AUDIENCE: 'audience',
    LOG_LEVEL: 'debug',
    REDIS_URL: 'redis://cache',
    SEED_CATALOGUE: 'true',
    BOOTSTRAP_ADMIN_EMAIL: 'root@example.com',
    BOOTSTRAP_ADMIN_PASSWORD: 'password123'
  })
  t.match(settings, {
    host: '0.0.0.0',
    port: 0,
    issuer: 'issuer',
    audience: 'audience',
    logLevel: 'debug',
    redisUrl: 'redis://cache',
    seedCatalogue: true,
    bootstrapAdmin: { email: 'root@example.com', password: 'password123' }
  })
})

t.test('an empty variable is not set', async t => {
  t.equal(readSettings('user', { ...required, PORT: '', REDIS_URL: '' }).port, 9001)
})

const peers = {
  PRODUCT_SERVICE_URL: 'http://product:9002',
  INVENTORY_SERVICE_URL: 'http://inventory:9005',
  PAYMENT_SERVICE_URL: 'http://payment:9004'
}

t.test('the order service needs to know the others', async t => {
  t.match(readSettings('order', { ...required, ...peers }), { productUrl: 'http://product:9002' })
  for (const name of Object.keys(peers)) {
    t.throws(() => readSettings('order', { ...required, ...peers, [name]: '' }), { message: `${name} is not set` })
  }
})

t.test('the others are where any target of an upstream may be', async t => {
  for (const target of ['dns:///product:9002', '10.0.0.7:9002,10.0.0.8:9002', 'unix:/run/product.sock']) {
    t.equal(readSettings('order', { ...required, ...peers, PRODUCT_SERVICE_URL: target }).productUrl, target)
  }
})

t.test('a toy secret is for development only', async t => {
  const env = { ...required, JWT_SECRET: 'your-secret-key' }
  t.equal(readSettings('user', { ...env, NODE_ENV: 'development' }).secret, 'your-secret-key')
  t.throws(() => readSettings('user', { ...env, NODE_ENV: 'production' }), { name: 'SettingsError' })
})

const wrong: [Record<string, string>, RegExp, ServiceName?][] = [
  [{ DATABASE_URL: '' }, /^DATABASE_URL is not set$/],
  [{ DATABASE_URL: 'mysql://db/users' }, /^DATABASE_URL must be a URL that begins with postgres:\/\//],
  [{ DATABASE_URL: 'db' }, /^DATABASE_URL must be a URL/],
  [{ JWT_SECRET: '' }, /^JWT_SECRET is not set$/],
  [{ JWT_SECRET: 'your-secret-key' }, /^JWT_SECRET is a well-known value$/],
  [{ JWT_SECRET: 'x'.repeat(31) }, /^JWT_SECRET must be at least 32 bytes long$/],
  [{ JWT_SECRET: 'x'.repeat(32) }, /^JWT_SECRET must be random/],
  [{ JWT_AUDIENCE: 'internal' }, /^JWT_AUDIENCE cannot be "internal"/],
  [{ PORT: '65536' }, /^PORT must be a number from 0 to 65535$/],
  [{ PORT: '80a' }, /^PORT must be/],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of fatal, /],
  [{ REDIS_URL: 'http://cache' }, /^REDIS_URL must be a URL that begins with redis:\/\//],
  [{ SEED_CATALOGUE: 'yes' }, /^SEED_CATALOGUE must be one of true, false$/],
  [
    { PRODUCT_SERVICE_URL: 'product' },
    /^PRODUCT_SERVICE_URL must say where the service is: the port is missing$/,
    'order'
  ],
  [{ ...peers, PAYMENT_SERVICE_URL: 'ftp://payment' }, /^PAYMENT_SERVICE_URL must say where the service is/, 'order'],
  [{ ...peers, UPSTREAM_ALLOW_LOOPBACK: 'yes' }, /^UPSTREAM_ALLOW_LOOPBACK must be one of true, false$/, 'order'],
  [{ BOOTSTRAP_ADMIN_EMAIL: 'root@example.com' }, /^BOOTSTRAP_ADMIN_PASSWORD is not set$/],
  [{ BOOTSTRAP_ADMIN_PASSWORD: 'password123' }, /^BOOTSTRAP_ADMIN_EMAIL is not set$/],
  [{ BOOTSTRAP_ADMIN_EMAIL: 'root', BOOTSTRAP_ADMIN_PASSWORD: 'password123' }, /^BOOTSTRAP_ADMIN_EMAIL must be/],
  [
    { BOOTSTRAP_ADMIN_EMAIL: 'root@example.com', BOOTSTRAP_ADMIN_PASSWORD: 'short' },
    /^BOOTSTRAP_ADMIN_PASSWORD must be/
  ]
]
for (const [env, message, service = 'user'] of wrong) {
  t.test(`${JSON.stringify(env)} is refused by name`, async t => {
    t.throws(() => readSettings(service, { ...required, ...env }), { name: 'SettingsError', message })
  })
}
