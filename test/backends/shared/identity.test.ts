import { createSecretKey } from 'node:crypto'
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import t from 'tap'
import { actsForOthers, type Caller, createTokens } from '../../../backends/shared/identity.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { testSecret } from '../helper.ts'

const settings = { secret: testSecret, issuer: 'issuer', audience: 'shop' }
const tokens = createTokens(settings)
const now = Math.floor(Date.now() / 1000)
const claims = { sub: 'ann', iss: 'issuer', aud: 'shop', iat: now, exp: now + 60 }

function sign(payload: Record<string, unknown>, algorithm = 'HS256', secret = testSecret): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: algorithm }).sign(createSecretKey(Buffer.from(secret)))
}

async function refusal(token: string): Promise<string | null> {
  const outcome = await tokens.verify(token).catch(reasonOf)
  return typeof outcome === 'string' ? outcome : null
}

t.test("a user's token says who it is and what it may", async t => {
  const { token, expiresAt } = await tokens.signUser({ userId: 'ann', roles: ['customer'], tokenVersion: 3 })
  const caller = await tokens.verify(token)
  t.match(caller, { subject: 'ann', kind: 'user', token })
  t.same([...caller.roles], ['customer'])
  const payload = decodeJwt(token)
  t.match(payload, { user_id: 'ann', ver: 3 })
  t.equal(payload.exp! * 1000, expiresAt.getTime())
})

t.test('an admin is an operator too', async t => {
  const { token } = await tokens.signUser({ userId: 'root', roles: ['admin'], tokenVersion: 0 })
  t.same([...(await tokens.verify(token)).roles], ['admin', 'operator'])
})

t.test("a service's token is of another kind and holds no role", async t => {
  const caller = await tokens.verify(await tokens.signService('order-service'))
  t.match(caller, { subject: 'order-service', kind: 'service' })
  t.equal(caller.roles.size, 0)
})

t.test("a service's token lives a minute and is kept meanwhile", async t => {
  const token = await tokens.signService('order-service')
  const { iat, exp } = decodeJwt(token)
  t.equal(exp! - iat!, 60)
  t.equal(await tokens.signService('order-service'), token)
  t.not(await tokens.signService('product-service'), token)
})

t.test('a clock that is half a minute off is forgiven', async t => {
  t.equal(await refusal(await sign({ ...claims, exp: now - 20 })), null)
})

t.test('an expired token says so', async t => {
  t.equal(await refusal(await sign({ ...claims, exp: now - 60 })), 'TOKEN_EXPIRED')
})

const forged: Record<string, Promise<string> | string> = {
  'of another secret': sign(claims, 'HS256', 'another secret of 32 bytes or more'),
  'of another algorithm': sign(claims, 'HS512', testSecret.repeat(2)),
  'without a signature': new UnsecuredJWT(claims).encode(),
  'of another issuer': sign({ ...claims, iss: 'other' }),
  'for another audience': sign({ ...claims, aud: 'other' }),
  'without an end': sign({ ...claims, exp: undefined }),
  'without a subject': sign({ ...claims, sub: undefined }),
  'with an empty subject': sign({ ...claims, sub: '' }),
  'whose user_id is another': sign({ ...claims, user_id: 'bob' }),
  'that is none': 'a.b.c'
}
for (const [what, token] of Object.entries(forged)) {
  t.test(`a token ${what} is invalid`, async t => {
    t.equal(await refusal(await token), 'TOKEN_INVALID')
  })
}

t.test('roles that are no list of names grant nothing', async t => {
  const caller = await tokens.verify(await sign({ ...claims, roles: 'admin' }))
  t.equal(caller.roles.size, 0)
})

t.test('operators, admins and services act for others, customers do not', async t => {
  const caller = (kind: Caller['kind'], ...roles: string[]) => ({
    subject: 'x',
    kind,
    roles: new Set(roles),
    token: ''
  })
  t.ok(actsForOthers(caller('user', 'operator')))
  t.ok(actsForOthers(caller('service')))
  t.notOk(actsForOthers(caller('user', 'customer')))
})
