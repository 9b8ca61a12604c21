import t from 'tap'
import { addressKey } from '../../../lib/limiter/address-key.ts'

const cases: [address: string, key: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['Unknown', 'unknown'],
  ['a:b', 'a:b'],
  ['', '']
]

for (const [address, key] of cases) t.equal(addressKey(address), key, `${address} is ${key}`)

t.test('addresses of one /64 are one client, and the next /64 is another', async t => {
  t.equal(addressKey('2001:db8::1'), addressKey('2001:db8::ffff:0:1'))
  t.not(addressKey('2001:db8::1'), addressKey('2001:db8:0:1::1'))
})
