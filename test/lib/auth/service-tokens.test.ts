import t from 'tap'
import { createServiceTokens } from '../../../lib/auth/service-tokens.ts'

t.test('a token for services lives a minute, and is signed anew before its end', async t => {
  let clock = 1_000_000
  const signed: Record<string, unknown>[] = []
  const serviceToken = createServiceTokens(claims => String(signed.push(claims)), {
    issuer: 'shop-user-service',
    subject: 'api-gateway',
    now: () => clock
  })
  t.equal(serviceToken(), '1')
  t.same(signed[0], { sub: 'api-gateway', iss: 'shop-user-service', aud: 'internal', iat: 1_000, exp: 1_060 })
  clock += 39_999
  t.equal(serviceToken(), '1', 'kept')
  clock += 1
  t.equal(serviceToken(), '2', 'renewed with 20 s left')
})
