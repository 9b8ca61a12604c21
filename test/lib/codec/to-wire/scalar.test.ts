import { fromJson, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { OptionalsSchema, ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome, toWireWith } from './to-wire-with.ts'

t.test('a bool is true or false', async t => {
  t.equal(outcome(ScalarsSchema, 'bool_value', 'true'), true)
  t.equal(outcome(ScalarsSchema, 'bool_value', 'false'), false)
  for (const text of ['"true"', '"false"', '1', '0', '""', '[]', '{}', '[true]']) {
    t.equal(outcome(ScalarsSchema, 'bool_value', text), 'must be true or false', text)
  }
})

t.test('a string is Unicode text', async t => {
  for (const value of ['', 'é', '😀', '\u0000', '\ufeff', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(70_000)]) {
    t.equal(outcome(ScalarsSchema, 'string_value', JSON.stringify(value)), value, `${value.length} characters`)
  }
  for (const text of ['1', 'true', '[]', '{}', '["x"]']) {
    t.equal(outcome(ScalarsSchema, 'string_value', text), 'must be a string', text)
  }
})

t.test('a field without presence leaves its default out, one with presence does not', async t => {
  const json = {
    double_value: 0,
    float_value: 0,
    int32_value: 0,
    int64_value: '0',
    uint32_value: 0,
    uint64_value: '0',
    sint32_value: 0,
    sint64_value: '0',
    fixed32_value: 0,
    fixed64_value: '0',
    sfixed32_value: 0,
    sfixed64_value: '0',
    bool_value: false,
    string_value: '',
    bytes_value: '',
    enum_value: 'COLOR_UNSPECIFIED'
  }
  t.equal(toWireWith(ScalarsSchema, JSON.stringify(json)).wire.length, 0)
  const expected = toBinary(OptionalsSchema, fromJson(OptionalsSchema, json))
  t.ok(Buffer.from(expected).equals(toWireWith(OptionalsSchema, JSON.stringify(json)).wire))
  t.equal(toWireWith(ScalarsSchema, '{"double_value":-0.0}').wire.length, 9, 'minus zero is no default')
})
