import {
  create,
  createRegistry,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  type MessageInitShape,
  toBinary,
  toJson
} from '@bufbuild/protobuf'
import { anyPack, DurationSchema, FieldMaskSchema, TimestampSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { compileFieldToJson, compileToJson, type ToJsonOptions } from '../../../../lib/codec/to-json/compile.ts'
import { BookSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  Aliased,
  Color,
  MapsSchema,
  NamesSchema,
  NestedSchema,
  OneofsSchema,
  OptionalsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  UnorderedSchema,
  WellKnownSchema
} from '../../../fixtures/gen/fixture/v1/types_pb.ts'

function print<Desc extends DescMessage>(
  desc: Desc,
  init: MessageInitShape<Desc>,
  options?: Partial<ToJsonOptions>
): unknown {
  return JSON.parse(compileToJson(desc, options)(toBinary(desc, create(desc, init))).toString())
}

/** The options with which ours prints what protobuf-es prints. */
const AS_PROTOBUF_ES: Partial<ToJsonOptions> = { enums: 'name', fieldNames: 'json', implicitFields: false }

t.test('with the names of ProtoJSON, messages are printed as protobuf-es prints them', async t => {
  const cases: [desc: DescMessage, json: JsonValue][] = [
    [ScalarsSchema, {}],
    [
      ScalarsSchema,
      {
        double_value: 1.5,
        float_value: 'NaN',
        int32_value: -1,
        int64_value: '-9223372036854775808',
        uint32_value: 4294967295,
        uint64_value: '18446744073709551615',
        sint32_value: -2147483648,
        sint64_value: '-1',
        fixed32_value: 4294967295,
        fixed64_value: '18446744073709551615',
        sfixed32_value: -2147483648,
        sfixed64_value: '-9223372036854775808',
        bool_value: true,
        string_value: 'é😀',
        bytes_value: 'AQL/',
        enum_value: 'COLOR_LIGHT_BLUE',
        aliased_value: 'ALIASED_ALSO_FIRST'
      }
    ],
    [ScalarsSchema, { double_value: -0, float_value: '-Infinity', enum_value: 77 }],
    [OptionalsSchema, { int32_value: 0, string_value: '', bool_value: false, bytes_value: '', message_value: {} }],
    [RepeatedsSchema, { int64_values: ['1'], bytes_values: ['AQ=='], message_values: [{}, { int32_value: 1 }] }],
    [RepeatedsSchema, { bool_values: [false, true], enum_values: [-1], unpacked_values: [0, 1, 300] }],
    [MapsSchema, { string_to_int64: { a: '1' }, bool_to_string: { true: 'x' }, string_to_message: { a: {} } }],
    [
      MapsSchema,
      { int64_to_string: { '-9223372036854775808': 'x' }, fixed64_to_string: { '18446744073709551615': '' } }
    ],
    [MapsSchema, JSON.parse('{"string_to_string": {"__proto__": "x", "": "y"}}')],
    [OneofsSchema, { text: '' }],
    [OneofsSchema, { nothing: null }],
    [OneofsSchema, { scalars: { int32_value: 1 }, left: 'x', beside: 'y' }],
    [NestedSchema, { child: { children: [{}] }, by_name: { a: { inner: { count: 1 } } } }],
    [NamesSchema, { somethingElse: 'a', lower_snake_case: 'b', constructor: 'c', to_string: 'd' }],
    [NamesSchema, { tag_of_two_bytes: 'a', tag_of_three_bytes: 'b', tag_of_five_bytes: 'c' }],
    [NamesSchema, JSON.parse('{"__proto__": "x"}')],
    [
      WellKnownSchema,
      {
        timestamp: '2024-05-01T12:30:00.500Z',
        duration: '-1.5s',
        field_mask: 'priceMinor,author.bornIn',
        struct: { a: [1, { b: null }] },
        value: { a: [] },
        list_value: [1, 'x', null],
        empty: {},
        double_wrapper: 'Infinity',
        int64_wrapper: '5',
        bool_wrapper: false,
        string_wrapper: '',
        bytes_wrapper: 'AQ==',
        timestamps: [
          '0001-01-01T00:00:00Z',
          '9999-12-31T23:59:59.999999999Z',
          '1969-12-31T23:59:59.999Z',
          '1970-01-01T00:00:00.000001Z',
          '2000-02-29T01:02:03Z',
          '2000-03-01T04:05:06Z',
          '1900-02-28T23:59:59Z',
          '2100-03-01T00:00:00Z'
        ],
        values: [null, 1],
        int64_wrappers: ['1']
      }
    ],
    [WellKnownSchema, { duration: '-0.000000001s', value: null, struct: {}, list_value: [], field_mask: '' }]
  ]
  for (const [desc, json] of cases) {
    const message = fromJson(desc, json)
    const wire = toBinary(desc, message)
    const parsed = (options: Partial<ToJsonOptions>) => JSON.parse(compileToJson(desc, options)(wire).toString())
    t.strictSame(parsed(AS_PROTOBUF_ES), toJson(desc, message), JSON.stringify(json))
    t.strictSame(
      parsed({ implicitFields: true, fieldNames: 'proto', enums: 'number' }),
      Object.assign(
        toJson(desc, message, { alwaysEmitImplicit: true, useProtoFieldName: true, enumAsInteger: true }) as object,
        // Beside proto names, the paths of masks are proto names too.
        (json as { field_mask?: string }).field_mask ? { field_mask: 'price_minor,author.born_in' } : {}
      ),
      `implicit ${JSON.stringify(json)}`
    )
  }
})

t.test('by default, fields have their proto names, implicit fields are there and enums are short', async t => {
  t.strictSame(print(BookSchema, { title: 'x', color: Color.LIGHT_BLUE, publishedAt: { seconds: 0n } }), {
    id: '',
    title: 'x',
    tags: [],
    color: 'light_blue',
    price_minor: '0',
    published_at: '1970-01-01T00:00:00Z',
    labels: {}
  })
})

t.test('fields are printed in the order of their numbers', async t => {
  const wire = toBinary(UnorderedSchema, create(UnorderedSchema, { first: 'a', third: 'c' }))
  t.equal(compileToJson(UnorderedSchema)(wire).toString(), '{"first":"a","second":"","third":"c"}')
})

t.test('enums', async t => {
  const init = { enumValues: [Color.LIGHT_BLUE, Color.NEGATIVE, 77 as Color] }
  const enums = (style: ToJsonOptions['enums']) =>
    (print(RepeatedsSchema, init, { enums: style }) as { enum_values: unknown }).enum_values
  t.same(enums('short'), ['light_blue', 'negative', 77])
  t.same(enums('name'), ['COLOR_LIGHT_BLUE', 'COLOR_NEGATIVE', 77])
  t.same(enums('number'), [3, -1, 77])
  t.match(print(ScalarsSchema, { aliasedValue: Aliased.ALSO_FIRST }), { aliased_value: 'first' })
})

t.test('64-bit integers are numbers on demand, as long as these are exact', async t => {
  const init = { int64Values: [1n, -9007199254740991n, 9007199254740992n], uint64Values: [2n ** 64n - 1n, 0n] }
  const integers = (int64: ToJsonOptions['int64']) => {
    const json = print(RepeatedsSchema, init, { int64 }) as { int64_values: unknown[]; uint64_values: unknown[] }
    return [...json.int64_values, ...json.uint64_values]
  }
  t.strictSame(integers('string'), ['1', '-9007199254740991', '9007199254740992', '18446744073709551615', '0'])
  t.strictSame(integers('number'), [1, -9007199254740991, '9007199254740992', '18446744073709551615', 0])
  t.match(print(WellKnownSchema, { int64Wrapper: 5n }, { int64: 'number' }), { int64_wrapper: 5 })
  t.match(print(MapsSchema, { int64ToString: { '5': 'x' } }, { int64: 'number' }), { int64_to_string: { '5': 'x' } })
})

t.test('nullable fields are printed as null when they are not set', async t => {
  const nulls = new Set(OptionalsSchema.fields.filter(field => field.name.startsWith('int')))
  t.strictSame(print(OptionalsSchema, { int32Value: 0 }, { nulls }), { int32_value: 0, int64_value: null })
  t.strictSame(print(OptionalsSchema, { int32Value: 0 }), { int32_value: 0 }, 'and only where that was asked for')
})

t.test('a field is printed as the message holds it, and as null when it is not set', async t => {
  const field = (desc: DescMessage, name: string, message: Message, options?: Partial<ToJsonOptions>) =>
    JSON.parse(
      compileFieldToJson(desc.fields.find(f => f.name === name)!, options)(toBinary(desc, message as never)).toString()
    )
  const book = create(BookSchema, { title: 'x', tags: ['a'], labels: { k: 'v' }, author: { name: 'y' } })
  t.equal(field(BookSchema, 'title', book), 'x')
  t.same(field(BookSchema, 'tags', book), ['a'])
  t.same(field(BookSchema, 'labels', book), { k: 'v' })
  t.same(field(BookSchema, 'author', book), { name: 'y', born: 0 })
  t.equal(field(BookSchema, 'subtitle', book), null)
  t.equal(field(BookSchema, 'published_at', book), null)
  for (const options of [{}, { implicitFields: false }]) {
    t.equal(field(BookSchema, 'title', create(BookSchema), options), '')
    t.same(field(BookSchema, 'tags', create(BookSchema), options), [])
    t.same(field(BookSchema, 'labels', create(BookSchema), options), {})
    t.equal(field(BookSchema, 'color', create(BookSchema), options), 'unspecified')
  }
  const oneofs = create(OneofsSchema, { choice: { case: 'number', value: 5n } })
  t.equal(field(OneofsSchema, 'number', oneofs), '5')
  t.equal(field(OneofsSchema, 'text', oneofs), null)
})

t.test('of a field that was set before another of its oneof, nothing is printed', async t => {
  const number = toBinary(OneofsSchema, create(OneofsSchema, { choice: { case: 'number', value: 5n } }))
  const flag = toBinary(OneofsSchema, create(OneofsSchema, { choice: { case: 'flag', value: true } }))
  const printNumber = compileFieldToJson(OneofsSchema.field.number)
  t.equal(printNumber(Buffer.concat([number, flag])).toString(), 'null')
  t.equal(printNumber(Buffer.concat([flag, number])).toString(), '"5"')
})

t.test('what has no JSON form is the fault of the upstream', async t => {
  const cases: [desc: DescMessage, message: Message, error: RegExp][] = [
    [TimestampSchema, create(TimestampSchema, { seconds: 253402300800n }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { seconds: -62135596801n }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { nanos: -1 }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { nanos: 1_000_000_000 }), /Timestamp: .* out of range/],
    [DurationSchema, create(DurationSchema, { seconds: 315576000001n }), /Duration: .* out of range/],
    [DurationSchema, create(DurationSchema, { seconds: 1n, nanos: -1 }), /Duration: .* out of range/],
    [DurationSchema, create(DurationSchema, { nanos: 1_000_000_000 }), /Duration: .* out of range/],
    [ValueSchema, create(ValueSchema), /no value is set/],
    [ValueSchema, create(ValueSchema, { kind: { case: 'numberValue', value: Number.NaN } }), /no JSON number/],
    [FieldMaskSchema, create(FieldMaskSchema, { paths: ['a__b'] }), /FieldMask: .* a__b/],
    [FieldMaskSchema, create(FieldMaskSchema, { paths: ['camelCase'] }), /FieldMask: .* camelCase/]
  ]
  for (const [desc, message, error] of cases) {
    const toText = compileToJson(desc, { fieldNames: 'json' })
    t.throws(() => toText(toBinary(desc, message as never)), { name: 'PrintError', message: error })
  }
})

t.test('an Any is printed as the type that it names', async t => {
  const registry = createRegistry(BookSchema, DurationSchema)
  const book = anyPack(BookSchema, create(BookSchema, { title: 'x', color: Color.RED }))
  const duration = anyPack(DurationSchema, create(DurationSchema, { seconds: 1n }))
  t.match(print(WellKnownSchema, { any: book, anys: [duration] }, { registry }), {
    any: { '@type': 'type.googleapis.com/fixture.v1.Book', title: 'x', color: 'red', price_minor: '0' },
    anys: [{ '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' }]
  })
  t.strictSame((print(WellKnownSchema, { any: {} }) as { any: unknown }).any, {})
})

t.test('an Any of an unknown type, or with other bytes, cannot be printed', async t => {
  const book = anyPack(BookSchema, create(BookSchema, { title: 'x' }))
  t.throws(() => print(WellKnownSchema, { any: book }), {
    name: 'PrintError',
    message: /fixture.v1.Book is not known here/
  })
  const broken = { typeUrl: book.typeUrl, value: new Uint8Array([0xff]) }
  t.throws(() => print(WellKnownSchema, { any: broken }, { registry: createRegistry(BookSchema) }), {
    name: 'PrintError',
    message: /the bytes are no fixture.v1.Book/
  })
})
