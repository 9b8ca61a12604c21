import { ListValueSchema, StructSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { MapsSchema, RepeatedsSchema, WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

const MAX = 100_000
const TOO_MANY = `must not have more than ${MAX} elements`

const array = (length: number, element: string) => `[${Array(length).fill(element)}]`
const object = (length: number) => `{${Array.from({ length }, (_, index) => `"${index}":""`)}}`

t.test('an array has up to 100,000 elements', async t => {
  t.same(complaints(RepeatedsSchema, `{"int32_values":${array(MAX, '1')}}`), [])
  t.same(complaints(RepeatedsSchema, `{"int32_values":${array(MAX + 1, '1')}}`), [`int32_values: ${TOO_MANY}`])
  t.same(complaints(RepeatedsSchema, `{"message_values":${array(MAX + 1, '{}')}}`), [`message_values: ${TOO_MANY}`])
  t.same(complaints(ListValueSchema, array(MAX, '0')), [])
  t.same(complaints(ListValueSchema, array(2_000_000, '0')), [`: ${TOO_MANY}`])
  t.same(complaints(WellKnownSchema, `{"field_mask":"${Array(MAX + 1).fill('a')}"}`), [`field_mask: ${TOO_MANY}`])
})

t.test('a map has up to 100,000 entries', async t => {
  t.same(complaints(MapsSchema, `{"string_to_string":${object(MAX)}}`), [])
  t.same(complaints(MapsSchema, `{"string_to_string":${object(MAX + 2)}}`), [`string_to_string: ${TOO_MANY}`])
  t.same(complaints(StructSchema, object(MAX + 2)), [`: ${TOO_MANY}`])
})

t.test('what is too much still has to be JSON', async t => {
  const text = `{"int32_values":${array(MAX + 10, '1')}`
  t.throws(() => toWireWith(RepeatedsSchema, text), { name: 'BindError', reason: 'INVALID_JSON' })
  t.throws(() => toWireWith(RepeatedsSchema, `{"int32_values":[${array(MAX + 10, '1').slice(1, -1)},01]}`), {
    name: 'BindError',
    reason: 'INVALID_JSON'
  })
})

t.test('a key that a map has twice is refused', async t => {
  for (const [field, entries] of [
    ['string_to_string', '"a":"x","a":"y"'],
    ['string_to_string', '"a":"x","\\u0061":"y"'],
    ['int32_to_string', '"1":"x","2":"y","1":"z"'],
    ['bool_to_string', '"true":"x","true":"y"'],
    ['uint64_to_string', '"18446744073709551615":"x","18446744073709551615":"y"']
  ]) {
    t.throws(
      () => toWireWith(MapsSchema, `{"${field}":{${entries}}}`),
      { name: 'BindError', reason: 'DUPLICATE_KEY' },
      `${field} ${entries}`
    )
  }
})
