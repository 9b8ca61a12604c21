import fc from 'fast-check'
import t from 'tap'
import { boundForwardedFor, compileIsTrusted, isProxyRange } from '../../../../lib/http/guard/proxies.ts'

t.test('a range is of one family, and not of all addresses', async t => {
  for (const range of ['10.0.0.0/8', '192.0.2.1', '192.0.2.1/32', 'fd00::/8', '::1', '2001:db8::/128']) {
    t.equal(isProxyRange(range), true, range)
  }
  const mapped = ['::ffff:10.0.0.0/104', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:a00:0/104', '::ffff:a00:1']
  const wrong = [
    '',
    'a',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '::/129',
    '10.0.0.0/8/8',
    '010.0.0.1',
    '1',
    'true'
  ]
  for (const range of [...mapped, ...wrong, '10.0.0.0/+8', 'fe80::1%eth0']) t.equal(isProxyRange(range), false, range)
})

t.test('a peer is trusted by its address, however the socket writes it', async t => {
  const isTrusted = compileIsTrusted(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.1', 'fd00::1'])
    t.equal(isTrusted(address), true, address)
  for (const address of ['11.0.0.1', '::ffff:11.0.0.1', '192.0.2.2', 'fe80::1', '', undefined]) {
    t.equal(isTrusted(address), false, String(address))
  }
  t.equal(compileIsTrusted(false)('10.1.2.3'), false)
})

t.test('whatever a header holds, only addresses are left, and no more than may be', async t => {
  const entry = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map(address => `${address}:443`),
    fc.ipV6().map(address => `[${address}]:443`),
    fc.string({ maxLength: 8 })
  )
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), entries => {
      const bounded = boundForwardedFor(entries.join(','), 20)
      const addresses = bounded === '' ? [] : bounded.split(', ')
      t.ok(addresses.length <= 20)
      for (const address of addresses) t.ok(isProxyRange(address) || address.toLowerCase().includes('::ffff:'), address)
      t.equal(boundForwardedFor(bounded, 20), bounded)
    }),
    { seed: 20261123, numRuns: 200 }
  )
})
