import t from 'tap'
import { bearerToken, identityOf } from '../../../lib/auth/identity.ts'

t.test('a bearer token, whatever the case of the scheme', async t => {
  t.equal(bearerToken('Bearer a.b-c_d~e'), 'a.b-c_d~e')
  t.equal(bearerToken('bearer abc=='), 'abc==')
})

t.test('no header, and one that is none', async t => {
  for (const header of [undefined, '']) t.throws(() => bearerToken(header), { code: 'SLUICE_ERR_AUTH_HEADER_MISSING' })
  for (const header of [
    'abc',
    'Bearer',
    'Bearer ',
    'Bearer  abc',
    'Bearer a b',
    ' Bearer a',
    'Token a',
    'Bearer a;b'
  ]) {
    t.throws(() => bearerToken(header), { code: 'SLUICE_ERR_AUTH_HEADER_INVALID' }, header)
  }
})

t.test('claims are about one user, with roles or without', async t => {
  t.match(identityOf({ sub: 'ada', user_id: 'ada', roles: ['admin'] }, 'x.y.z'), {
    subject: 'ada',
    roles: ['admin'],
    authorization: 'Bearer x.y.z'
  })
  t.same(identityOf({ sub: 'ada' }, '').roles, [])
})

t.test('claims that are about nobody, or about two', async t => {
  for (const claims of [{}, { sub: '' }, { sub: 7 }, { sub: 'ada', user_id: 'bob' }, { sub: 'ada', roles: 'admin' }]) {
    t.throws(() => identityOf(claims, ''), TypeError)
  }
  t.throws(() => identityOf({ sub: 'ada', roles: [1] }, ''), TypeError)
})
