import { createRegistry } from '@bufbuild/protobuf'
import t from 'tap'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import { OptionalsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { LegacySchema, legacyTypes } from '../to-wire/legacy-types.ts'
import { message, text, varint } from './wire.ts'

t.test('extensions that the registry knows are printed by their full names, in the order of their numbers', async t => {
  const wire = Buffer.concat([text(102, 'a'), varint(100, 7), message(101, varint(1, 1)), text(102, 'b')])
  const print = compileToJson(LegacySchema, { registry: legacyTypes, implicitFields: false })
  t.equal(print(wire).toString(), '{"[legacy.number]":7,"[legacy.message]":{"required":1},"[legacy.texts]":["a","b"]}')
})

t.test('extensions that are not on the wire are not printed', async t => {
  const print = compileToJson(LegacySchema, { registry: legacyTypes })
  t.equal(print(Buffer.alloc(0)).toString(), '{"sizes":[],"several":[],"numbers":[]}')
})

t.test('without the registry, extensions are unknown fields', async t => {
  for (const registry of [undefined, createRegistry()]) {
    const print = compileToJson(LegacySchema, { registry, implicitFields: false })
    t.equal(print(varint(100, 7)).toString(), '{}')
  }
})

t.test('equal options share what was compiled, and other ones do not', async t => {
  const { int32_value, bool_value } = Object.fromEntries(OptionalsSchema.fields.map(field => [field.name, field]))
  const print = (...nulls: (typeof int32_value)[]) =>
    compileToJson(OptionalsSchema, { nulls: new Set(nulls.map(field => field!)) })(Buffer.alloc(0)).toString()
  t.equal(print(), '{}')
  t.equal(print(int32_value, bool_value), '{"int32_value":null,"bool_value":null}')
  t.equal(print(bool_value, int32_value), '{"int32_value":null,"bool_value":null}')
  t.equal(print(bool_value), '{"bool_value":null}')
})
