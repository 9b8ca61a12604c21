import { createRegistry, type DescMessage } from '@bufbuild/protobuf'
import { AnySchema, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { compileToWire, type ToWireOptions } from '../../../../lib/codec/to-wire/compile.ts'
import { Violations } from '../../../../lib/codec/violations.ts'
import { BindError } from '../../../../lib/transcode/errors.ts'
import { BookSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  MapsSchema,
  NestedSchema,
  RepeatedsSchema,
  ScalarsSchema,
  WellKnownSchema
} from '../../../fixtures/gen/fixture/v1/types_pb.ts'

const MIB = 2 ** 20
const BOOK = 'x/fixture.v1.Book'
const registry = createRegistry(AnySchema, BookSchema)

/** A text of 1 MiB of as many parts as go into it. */
function full(before: string, partOf: (index: number) => string, after: string): string {
  const parts: string[] = []
  for (let size = before.length + after.length; size < MIB; size += parts.at(-1)!.length + 1) {
    parts.push(partOf(parts.length))
  }
  return before + parts.slice(0, -1).join() + after
}

function nested(depth: number, open: string, inner: string, close: string): string {
  return open.repeat(depth) + inner + close.repeat(depth)
}

/** The length on the wire, or the first of what is wrong. */
function outcome(desc: DescMessage, text: string, options: ToWireOptions | undefined): number | string {
  try {
    const errors = new Violations()
    const wire = compileToWire(desc, options)(Buffer.from(text), errors)
    return errors.list[0]?.description ?? wire.length
  } catch (error) {
    if (error instanceof BindError) return error.message
    throw error
  }
}

const tooMany = 'must not have more than 100000 elements'
const tooDeep = 'the JSON text must not nest deeper than 100 levels'
const noType = 'must be the URL of a message type that is known here'
const key = (index: number) => `"${index.toString(36)}":1`

const SHAPES: [name: string, desc: DescMessage, text: string, outcome: number | string, options?: ToWireOptions][] = [
  ['unknown keys', BookSchema, full('{', key, '}'), 'unknown field "0"'],
  ['ignored keys', BookSchema, full('{"x":{', key, '}}'), 0, { unknownFields: 'ignore' }],
  ['escaped keys', BookSchema, full('{', index => `"\\u0000${index}":1`, '}'), 0, { unknownFields: 'ignore' }],
  ['keys of a Struct', StructSchema, full('{', key, '}'), tooMany],
  ['keys of a map', MapsSchema, full('{"string_to_int64":{', key, '}}'), tooMany],
  [
    'long unknown keys',
    BookSchema,
    full('{', index => `"${'title'.repeat(12)}${index}":1`, '}'),
    'unknown field "title'
  ],
  ['one unknown key', BookSchema, `{"${'k'.repeat(MIB)}":1}`, 'unknown field "kkk'],
  ['numbers', RepeatedsSchema, full('{"int32_values":[', () => '1', ']}'), tooMany],
  ['wrong numbers', RepeatedsSchema, full('{"int32_values":[', () => '""', ']}'), 'must be an integer'],
  ['empty messages', RepeatedsSchema, full('{"message_values":[', () => '{}', ']}'), tooMany],
  ['open arrays', ValueSchema, '['.repeat(100_000), tooDeep],
  ['open objects', BookSchema, '{"author":'.repeat(100_000), tooDeep],
  ['deep arrays', ValueSchema, full('[', () => nested(98, '[', '', ']'), ']'), 'must not nest deeper than 100 levels'],
  ['arrays', ValueSchema, full('[', () => nested(49, '[', '', ']'), ']'), 2_435_935],
  ['deep messages', NestedSchema, full('{"children":[', () => nested(97, '{"child":', '{}', '}'), ']}'), 247_710],
  ['a deep string', ValueSchema, nested(49, '[', `"${'x'.repeat(MIB)}"`, ']'), 1_048_972],
  ['a string of escapes', ValueSchema, `"${'\\u0041'.repeat(MIB / 6)}"`, 174_766],
  ['a string of halves', ValueSchema, `"${'\\ud800'.repeat(MIB / 6)}"`, 'must be Unicode text without lone surrogates'],
  ['an integer', ScalarsSchema, `{"int64_value":${'9'.repeat(MIB)}}`, 'must be an integer'],
  ['an integer in a string', ScalarsSchema, `{"int64_value":"${'9'.repeat(MIB)}"}`, 'must be an integer'],
  [
    'an exponent',
    ScalarsSchema,
    `{"int64_value":1e${'9'.repeat(MIB)}}`,
    'must be an integer',
    { numbers: 'protojson' }
  ],
  ['a double', ScalarsSchema, `{"double_value":${'9'.repeat(MIB)}}`, 'must be a number that fits a double'],
  ['a fraction', ScalarsSchema, `{"double_value":0.${'9'.repeat(MIB)}}`, 9],
  ['base64', ScalarsSchema, `{"bytes_value":"${'A'.repeat(MIB)}"}`, 786_436],
  ['paths', WellKnownSchema, `{"field_mask":"${Array(MIB / 2).fill('a')}"}`, tooMany],
  [
    'Any in Any, the type last',
    AnySchema,
    nested(98, '{"value":', `{"title":"${'x'.repeat(MIB)}","@type":"${BOOK}"}`, ',"@type":"x/google.protobuf.Any"}'),
    1_051_249,
    { registry }
  ],
  ['Any in Any, no type', AnySchema, nested(98, '{"value":', `"${'x'.repeat(MIB)}"`, '}'), noType, { registry }],
  ['space', ValueSchema, `${' '.repeat(MIB)}1`, 9],
  ['an error at the end', ValueSchema, `"${'é'.repeat(MIB / 2)}`, 'the body is not valid JSON at position 524289']
]

t.test('a text of 1 MiB of the worst shape has an outcome like any other', async t => {
  for (const [name, desc, text, expected, options] of SHAPES) {
    const actual = outcome(desc, text, options)
    if (typeof expected === 'number') t.equal(actual, expected, name)
    else t.ok(String(actual).startsWith(expected), `${name}: ${String(actual).slice(0, 80)}`)
  }
})
