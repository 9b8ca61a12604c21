import {
  create,
  createRegistry,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toJson
} from '@bufbuild/protobuf'
import { anyPack, DurationSchema, TimestampSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { compileFieldPrinter, compilePrinter, type PrintOptions } from '../../../lib/codec/print.ts'
import { BookSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
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
} from '../../fixtures/gen/fixture/v1/types_pb.ts'

function print<Desc extends DescMessage>(
  desc: Desc,
  init: MessageInitShape<Desc>,
  options?: Partial<PrintOptions>
): unknown {
  return compilePrinter(desc, options)(create(desc, init))
}

/** The options with which ours prints what protobuf-es prints. */
const AS_PROTOBUF_ES: Partial<PrintOptions> = { enums: 'name', fieldNames: 'json', implicitFields: false }

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
        sint64_value: '1',
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
    [MapsSchema, { string_to_int64: { a: '1' }, bool_to_string: { true: 'x' }, string_to_message: { a: {} } }],
    [MapsSchema, JSON.parse('{"string_to_string": {"__proto__": "x", "": "y"}}')],
    [OneofsSchema, { text: '' }],
    [OneofsSchema, { nothing: null }],
    [OneofsSchema, { scalars: { int32_value: 1 }, left: 'x', beside: 'y' }],
    [NestedSchema, { child: { children: [{}] }, by_name: { a: { inner: { count: 1 } } } }],
    [NamesSchema, { somethingElse: 'a', lower_snake_case: 'b', constructor: 'c', to_string: 'd' }],
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
          '2000-02-29T04:05:06Z'
        ],
        values: [null, 1],
        int64_wrappers: ['1']
      }
    ]
  ]
  for (const [desc, json] of cases) {
    const message = fromJson(desc, json)
    t.strictSame(compilePrinter(desc, AS_PROTOBUF_ES)(message), toJson(desc, message), JSON.stringify(json))
    t.strictSame(
      compilePrinter(desc, { ...AS_PROTOBUF_ES, implicitFields: true, fieldNames: 'proto', enums: 'number' })(message),
      Object.assign(
        toJson(desc, message, { alwaysEmitImplicit: true, useProtoFieldName: true, enumAsInteger: true }) as object,
        // Beside proto names, the paths of masks are proto names too.
        desc === WellKnownSchema ? { field_mask: 'price_minor,author.born_in' } : {}
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
  t.same(Object.keys(print(UnorderedSchema, {}) as object), ['first', 'second', 'third'])
})

t.test('enums', async t => {
  const init = { enumValues: [Color.LIGHT_BLUE, Color.NEGATIVE, 77 as Color] }
  const enums = (style: PrintOptions['enums']) =>
    (print(RepeatedsSchema, init, { enums: style }) as { enum_values: unknown }).enum_values
  t.same(enums('short'), ['light_blue', 'negative', 77])
  t.same(enums('name'), ['COLOR_LIGHT_BLUE', 'COLOR_NEGATIVE', 77])
  t.same(enums('number'), [3, -1, 77])
  t.match(print(ScalarsSchema, { aliasedValue: Aliased.ALSO_FIRST }), { aliased_value: 'first' })
})

t.test('64-bit integers are numbers on demand, as long as these are exact', async t => {
  const init = { int64Values: [1n, -9007199254740991n, 9007199254740992n] }
  const integers = (int64: PrintOptions['int64']) =>
    (print(RepeatedsSchema, init, { int64 }) as { int64_values: unknown }).int64_values
  t.strictSame(integers('string'), ['1', '-9007199254740991', '9007199254740992'])
  t.strictSame(integers('number'), [1, -9007199254740991, '9007199254740992'])
  t.match(print(WellKnownSchema, { int64Wrapper: 5n }, { int64: 'number' }), { int64_wrapper: 5 })
})

t.test('a field is printed as the message holds it, and as null when it is not set', async t => {
  const field = (desc: DescMessage, name: string) => compileFieldPrinter(desc.fields.find(f => f.name === name)!)
  const book = create(BookSchema, { title: 'x', tags: ['a'], labels: { k: 'v' }, author: { name: 'y' } })
  t.equal(field(BookSchema, 'title')(book), 'x')
  t.same(field(BookSchema, 'tags')(book), ['a'])
  t.same(field(BookSchema, 'labels')(book), { k: 'v' })
  t.same(field(BookSchema, 'author')(book), { name: 'y', born: 0 })
  t.equal(field(BookSchema, 'subtitle')(book), null)
  t.equal(field(BookSchema, 'published_at')(book), null)
  const oneofs = create(OneofsSchema, { choice: { case: 'number', value: 5n } })
  t.equal(field(OneofsSchema, 'number')(oneofs), '5')
  t.equal(field(OneofsSchema, 'text')(oneofs), null)
})

t.test('what has no JSON form is the fault of the upstream', async t => {
  const cases: [desc: DescMessage, message: ReturnType<typeof create>, error: RegExp][] = [
    [TimestampSchema, create(TimestampSchema, { seconds: 253402300800n }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { seconds: -62135596801n }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { nanos: -1 }), /Timestamp: .* out of range/],
    [TimestampSchema, create(TimestampSchema, { nanos: 1_000_000_000 }), /Timestamp: .* out of range/],
    [DurationSchema, create(DurationSchema, { seconds: 315576000001n }), /Duration: .* out of range/],
    [DurationSchema, create(DurationSchema, { seconds: 1n, nanos: -1 }), /Duration: .* out of range/],
    [DurationSchema, create(DurationSchema, { nanos: 1_000_000_000 }), /Duration: .* out of range/],
    [ValueSchema, create(ValueSchema), /no value is set/],
    [ValueSchema, create(ValueSchema, { kind: { case: 'numberValue', value: Number.NaN } }), /no JSON number/]
  ]
  for (const [desc, message, error] of cases) {
    t.throws(() => compilePrinter(desc)(message), { name: 'PrintError', message: error })
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
