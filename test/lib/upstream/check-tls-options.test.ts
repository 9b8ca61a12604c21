import t from 'tap'
import { checkTlsOptions } from '../../../lib/upstream/check-tls-options.ts'
import type { TlsOptions } from '../../../lib/upstream/socket.ts'
import { createAuthority, issue } from '../../certificates.ts'

const ca = createAuthority()
const [client, other] = [issue({ ca, names: ['gateway.test'] }), issue({ ca, names: ['gateway.test'] })]
const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

const valid: [what: string, tls: TlsOptions][] = [
  ['nothing at all', {}],
  ['an authority', { ca: ca.cert }],
  ['the bytes of a file of authorities', { ca: Buffer.from(`# ours\n${ca.cert}\n${other.cert}`) }],
  ['several authorities', { ca: [ca.cert, Buffer.from(other.cert)] }],
  ['a certificate and its key', { ca: ca.cert, ...client }],
  ['a name and a version', { serverName: 'order.shop.test', minVersion: 'TLSv1.3' }]
]

for (const [what, tls] of valid) {
  t.test(`takes ${what}`, async t => {
    t.doesNotThrow(() => checkTlsOptions('order', tls))
  })
}

const invalid: [what: string, tls: TlsOptions, message: RegExp][] = [
  ['an authority of no text', { ca: '' }, /ca is not/],
  ['no authority of several', { ca: [] }, /ca is not/],
  ['an authority that is none', { ca: 'nothing' }, /ca is not/],
  ['a key in place of an authority', { ca: client.key }, /ca is not/],
  ['an authority that is broken', { ca: broken }, /ca is not/],
  ['one of several authorities that is broken', { ca: `${ca.cert}\n${broken}` }, /ca is not/],
  ['one of several authorities that is none', { ca: [ca.cert, ''] }, /ca is not/],
  ['a certificate without a key', { cert: client.cert }, /cert without key/],
  ['a key without a certificate', { key: client.key }, /key without cert/],
  ['a certificate that is none', { cert: 'nothing', key: client.key }, /no start line/],
  ['a key of another certificate', { cert: client.cert, key: other.key }, /key values mismatch/],
  ['a name that is empty', { serverName: '' }, /serverName is empty/],
  ['a version that does not exist', { minVersion: 'TLSv9' as 'TLSv1.3' }, /TLSv9/]
]

for (const [what, tls, message] of invalid) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => checkTlsOptions('order', tls), { code: 'SLUICE_ERR_OPTION_INVALID' })
    t.throws(() => checkTlsOptions('order', tls), { message: /^the TLS of order: / })
    t.throws(() => checkTlsOptions('order', tls), { message })
  })
}
