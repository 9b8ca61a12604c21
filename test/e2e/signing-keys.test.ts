import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../backends/redis.ts'
import { signUp, startShop } from './shop.ts'

t.test('a shop whose tokens are of ES256 sells, and takes no token of the shared key', async t => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })
  const folder = t.testdir({ 'key.pem': privateKey })
  const port = String(await freePort())
  const JWT_JWKS_URL = `http://127.0.0.1:${port}/.well-known/jwks.json`
  const shop = await startShop(
    t,
    { JWT_JWKS_URL },
    { JWT_SIGNING_KEY_FILE: join(folder, 'key.pem'), JWKS_PORT: port, JWT_JWKS_URL }
  )
  const token = await signUp(shop.call, 'ann')
  t.match(JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()), { alg: 'ES256' })
  t.equal((await shop.call('GET', '/api/v1/users/me', { token })).body.username, 'ann')
  const { body } = await shop.call('GET', '/api/v1/products?page_size=1')
  const order = { items: [{ product_id: body.products[0].id, quantity: 1 }], payment_method: 'credit_card' }
  const placed = await shop.call('POST', '/api/v1/orders', { token, body: order })
  t.match([placed.status, placed.body.status], [201, 'confirmed'])
})
