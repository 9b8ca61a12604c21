import t from 'tap'
import { readIdempotencyKey } from '../../../lib/http/idempotency-key.ts'

t.test('a key comes bare or quoted', async t => {
  t.equal(readIdempotencyKey(undefined), undefined)
  t.equal(readIdempotencyKey('8e03978e-40d5-43dd-bc93-6894a57f9324'), '8e03978e-40d5-43dd-bc93-6894a57f9324')
  t.equal(readIdempotencyKey('"abc"'), 'abc')
  t.equal(readIdempotencyKey(String.raw`"a\"b\\c"`), String.raw`a"b\c`)
  t.equal(readIdempotencyKey('x'.repeat(255)), 'x'.repeat(255))
})

t.test('what is no key is refused', async t => {
  for (const header of ['', '""', 'a b', '"a b"', 'x'.repeat(256), 'schlüssel', ['a', 'b'], 'tab\t']) {
    t.throws(() => readIdempotencyKey(header), { code: 'SLUICE_ERR_IDEMPOTENCY_KEY' }, String(header))
  }
})
