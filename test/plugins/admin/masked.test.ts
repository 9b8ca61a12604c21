import t from 'tap'
import { loadConfig } from '../../../config.ts'
import { maskedSettings } from '../../../plugins/admin/masked.ts'
import { secret } from '../../helper.ts'

t.test('secrets are masked, and what is not set is said', async t => {
  const shown = maskedSettings(
    loadConfig({ JWT_SECRET: secret, RATE_LIMIT_REDIS_URL: 'redis://user:pass@cache:6379/1' })
  )
  t.match(shown, {
    PORT: 8080,
    JWT_SECRET: '***',
    JWT_JWKS_URL: null,
    UPSTREAM_TLS_KEY_FILE: null,
    RATE_LIMIT_REDIS_URL: 'redis://***@cache:6379/1',
    PRODUCT_SERVICE_URL: 'http://127.0.0.1:9002'
  })
  t.notMatch(JSON.stringify(shown), new RegExp(`${secret}|pass@`))
})

t.test('bytes are a secret, whatever their name', async t => {
  t.same(maskedSettings({ SOMETHING: Buffer.from('a'), TLS_KEY_FILE: 'the key' }), {
    SOMETHING: '***',
    TLS_KEY_FILE: '***'
  })
})
