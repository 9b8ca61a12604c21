import t from 'tap'
import { readTokenHeader } from '../../../lib/auth/token-format.ts'
import { encode } from './tokens.ts'

const header = encode({ alg: 'HS256', typ: 'JWT' })
const payload = encode({ sub: 'ada' })

const token = (parts: { header?: unknown; payload?: unknown }) =>
  `${encode(parts.header ?? { alg: 'HS256' })}.${encode(parts.payload ?? {})}.c2ln`

t.test('the algorithm and the name of the key', async t => {
  t.same(readTokenHeader(`${header}.${payload}.c2ln`), { alg: 'HS256', kid: null })
  t.same(readTokenHeader(token({ header: { alg: 'ES256', kid: '7', typ: 'at+jwt' } })), { alg: 'ES256', kid: '7' })
  t.same(readTokenHeader(token({ header: { alg: 'ES256', typ: 'application/JWT' } })), { alg: 'ES256', kid: null })
})

t.test('keys, and addresses of keys, are not looked at', async t => {
  const elsewhere = { jku: 'http://169.254.169.254/', x5u: 'http://x/', jwk: { kty: 'oct', k: 'a' }, x5c: ['a'] }
  t.same(readTokenHeader(token({ header: { alg: 'ES256', ...elsewhere } })), { alg: 'ES256', kid: null })
})

const refused: Record<string, string> = {
  'two parts': `${header}.${payload}`,
  'four parts': `${header}.${payload}.c2ln.c2ln`,
  'five parts, as of an encrypted token': 'a.a.a.a.a',
  'no signature': `${header}.${payload}.`,
  'no header': `.${payload}.c2ln`,
  padding: `${header}=.${payload}.c2ln`,
  'padding of the signature': `${header}.${payload}.c2k=`,
  'bits that mean nothing': `${header}.${payload}.c2l`.replace('c2l', 'c2p'),
  'the other alphabet': `${header}.${payload}.+/+/`,
  'a space': `${header}.${payload}. c2ln`,
  'a line end': `${header}\n.${payload}.c2ln`,
  'a header that is not JSON': `${encode('{')}.${payload}.c2ln`,
  'a header of invalid UTF-8': `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${payload}.c2ln`,
  'a header that is a list': token({ header: [] }),
  'a header that is null': `${encode('null')}.${payload}.c2ln`,
  'a payload that is a list': token({ payload: ['ada'] }),
  'a payload that is a text': token({ payload: '"ada"' }),
  'a payload that is a number': token({ payload: '7' }),
  'no algorithm': token({ header: { typ: 'JWT' } }),
  'an algorithm that is a list': token({ header: { alg: ['HS256'] } }),
  'a critical extension': token({ header: { alg: 'HS256', crit: ['exp'] } }),
  'an empty list of them': token({ header: { alg: 'HS256', crit: [] } }),
  compression: token({ header: { alg: 'HS256', zip: 'DEF' } }),
  encryption: token({ header: { alg: 'RSA-OAEP', enc: 'A256GCM' } }),
  'a payload that is not encoded': token({ header: { alg: 'HS256', b64: false } }),
  'another type': token({ header: { alg: 'HS256', typ: 'logout+jwt' } }),
  'a type that is no text': token({ header: { alg: 'HS256', typ: 7 } }),
  'a key’s name that is a list': token({ header: { alg: 'HS256', kid: ['a'] } }),
  'a key’s name of 10 KB': token({ header: { alg: 'HS256', kid: 'x'.repeat(300) } }),
  '64 KB': `${header}.${encode({ sub: 'x'.repeat(64 * 1024) })}.c2ln`
}

for (const [what, text] of Object.entries(refused)) {
  t.throws(() => readTokenHeader(text), { name: 'TokenFormatError' }, what)
}
