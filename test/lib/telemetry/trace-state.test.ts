import t from 'tap'
import { VendorState } from '../../../lib/telemetry/trace-state.ts'

t.test('a vendor reads its member', async t => {
  const state = VendorState.parse('foo=1,bar=2')
  t.equal(state?.get('bar'), '2')
  t.equal(state?.get('baz'), undefined)
})

t.test('a member that is set comes first, and leaves the list it was read from as it was', async t => {
  const state = VendorState.parse('foo=1,bar=2')
  t.equal(state?.set('bar', '3').serialize(), 'bar=3,foo=1')
  t.equal(state?.serialize(), 'foo=1,bar=2')
})

t.test('a member is taken out', async t => {
  t.equal(VendorState.parse('foo=1,bar=2')?.unset('foo').serialize(), 'bar=2')
})

t.test('a member that breaks the grammar is not set', async t => {
  for (const [key, value] of [
    ['Foo', '1'],
    ['foo', 'a,b'],
    ['foo', '']
  ] as const) {
    t.equal(VendorState.parse('bar=2')?.set(key, value).serialize(), 'bar=2')
  }
})

t.test('a member that is set pushes the 33rd out', async t => {
  const full = Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(',')
  t.equal(VendorState.parse(full)?.set('new', '1').serialize(), `new=1,${full.replace(',k31=v', '')}`)
})
