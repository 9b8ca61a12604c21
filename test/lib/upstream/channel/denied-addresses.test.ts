import t from 'tap'
import { isDeniedAddress } from '../../../../lib/upstream/channel/denied-addresses.ts'

const denied = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::169.254.169.254',
  '64:ff9b::a9fe:a9fe'
]

for (const address of denied) {
  t.test(`${address} is never an upstream`, async t => {
    t.equal(isDeniedAddress(address, true), true)
  })
}

for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1']) {
  t.test(`${address} is this machine: denied, unless it is allowed`, async t => {
    t.equal(isDeniedAddress(address, false), true)
    t.equal(isDeniedAddress(address, true), false)
  })
}

for (const address of [
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '203.0.113.9',
  'fd00::1',
  '2001:db8::1',
  '::ffff:10.0.0.1'
]) {
  t.test(`${address} may be an upstream`, async t => {
    t.equal(isDeniedAddress(address, false), false)
  })
}
