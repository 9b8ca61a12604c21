import { StringValueSchema, StructSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { NestedSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { toWireWith } from './to-wire-with.ts'

t.test('a part of any length has its length in front', async t => {
  for (const length of [0, 1, 126, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const value = 'x'.repeat(length)
    t.match(toWireWith(StringValueSchema, JSON.stringify(value)).message, { value }, `${length} bytes`)
  }
})

t.test('the parts around a long one have its length in front too', async t => {
  for (const length of [100, 120, 127, 128, 16_370, 16_384, 300_000]) {
    const name = 'x'.repeat(length)
    const json = { child: { child: { child: { inner: { innermost: { name } } } } } }
    t.match(toWireWith(NestedSchema, JSON.stringify(json)).message, json, `${length} bytes`)
  }
})

t.test('a message may be many times as long as its text', async t => {
  const values = Array(99_999).fill(7)
  const { message, wire } = toWireWith(StructSchema, JSON.stringify({ values }))
  t.match((message as never as { fields: { values: object } }).fields.values, { kind: { case: 'listValue' } })
  t.ok(wire.length > 1_000_000)
})
