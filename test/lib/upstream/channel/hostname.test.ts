import t from 'tap'
import { hostnameProblem, isLocalhost } from '../../../../lib/upstream/channel/hostname.ts'

for (const name of [
  'a',
  'product',
  'product.internal.',
  'user_service',
  'a-b.c3',
  `${'x'.repeat(63)}.y`,
  '3com.example'
]) {
  t.test(`${name} is the name of a host`, async t => {
    t.equal(hostnameProblem(name), null)
  })
}

for (const name of ['', '.', 'a..b', '-a', 'a b', 'a\0b', 'bücher', '1', '127.1', 'a.0x1', 'x'.repeat(64)]) {
  t.test(`${JSON.stringify(name)} is none`, async t => {
    t.type(hostnameProblem(name), 'string')
  })
}

t.test('localhost and names below it are this machine', async t => {
  for (const name of ['localhost', 'LOCALHOST.', 'product.localhost']) t.equal(isLocalhost(name), true, name)
  for (const name of ['notlocalhost', 'localhost.evil', '']) t.equal(isLocalhost(name), false, name)
})
