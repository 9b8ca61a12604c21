import { create, type DescMessage, equals, fromJson, type JsonValue } from '@bufbuild/protobuf'
import t from 'tap'
import { compileFieldReader, compileReader } from '../../../lib/codec/read.ts'
import { Violations } from '../../../lib/codec/violations.ts'
import { BookSchema, EverythingSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  Color,
  MapsSchema,
  NamesSchema,
  NestedSchema,
  OneofsSchema,
  OptionalsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  WellKnownSchema
} from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, readWith } from './read-with.ts'

t.test('what ProtoJSON allows is read as protobuf-es reads it', async t => {
  const cases: [desc: DescMessage, json: JsonValue][] = [
    [ScalarsSchema, {}],
    [ScalarsSchema, { int32_value: 1, int64_value: '2', bool_value: true, string_value: 'é😀', bytes_value: 'AQI=' }],
    [ScalarsSchema, { int32Value: 1, int64Value: '2', boolValue: true, stringValue: 'x', bytesValue: 'AQI=' }],
    [ScalarsSchema, { int32_value: null, string_value: null, bytes_value: null, enum_value: null }],
    [ScalarsSchema, { enum_value: 'COLOR_LIGHT_BLUE', aliased_value: 'ALIASED_ALSO_FIRST' }],
    [ScalarsSchema, { enum_value: -1, aliased_value: 77 }],
    [OptionalsSchema, {}],
    [OptionalsSchema, { int32_value: 0, string_value: '', bool_value: false, bytes_value: '', enum_value: 0 }],
    [OptionalsSchema, { int32_value: null, string_value: null, message_value: null }],
    [OptionalsSchema, { message_value: {} }],
    [RepeatedsSchema, { int32_values: [1, '2'], string_values: [], message_values: [{}, { int32_value: 3 }] }],
    [RepeatedsSchema, { int32_values: null, enum_values: ['COLOR_RED', 2], bytes_values: ['', 'AQ=='] }],
    [MapsSchema, { string_to_string: { a: 'b', '': 'c' }, int32_to_string: { '-1': 'x' }, string_to_int64: null }],
    [MapsSchema, { bool_to_string: { true: 'x', false: 'y' }, int64_to_string: { '9007199254740993': 'x' } }],
    [MapsSchema, { string_to_message: { a: { int32_value: 1 } }, string_to_timestamp: { t: '2024-05-01T00:00:00Z' } }],
    [OneofsSchema, { text: '' }],
    [OneofsSchema, { number: '5', left: 'x' }],
    [OneofsSchema, { text: null, flag: false }],
    [OneofsSchema, { scalars: { int32_value: 1 } }],
    [OneofsSchema, { nothing: null }],
    [OneofsSchema, { empty: {} }],
    [NestedSchema, { child: { child: { inners: [{ innermost: { name: 'x' } }] } }, by_name: { a: { inner: {} } } }],
    [NamesSchema, { somethingElse: 'a', lower_snake_case: 'b', with1Digit: 'c', default: 'd', constructor: 'e' }],
    [NamesSchema, { renamed: 'a', lowerSnakeCase: 'b', to_string: 'c', hasOwnProperty: 'd' }],
    [NamesSchema, JSON.parse('{"__proto__": "own"}')],
    [
      WellKnownSchema,
      { empty: {}, value: null, null_value: null, list_value: [1, [null]], struct: { a: { b: [true] } } }
    ],
    [WellKnownSchema, { int64_wrapper: '5', bool_wrapper: false, string_wrapper: null, bytes_wrapper: 'AQ' }],
    [WellKnownSchema, { values: [null, 1, 'x', { a: [] }], int64_wrappers: ['1', 2] }],
    [EverythingSchema, { scalars: { int32_value: 1 }, maps: {}, well_known: { timestamps: ['2024-05-01T00:00:00Z'] } }]
  ]
  for (const [desc, json] of cases) {
    const { message, violations } = readWith(desc, json)
    t.same(violations, [], JSON.stringify(json))
    t.ok(equals(desc, message, fromJson(desc, json)), `${desc.name} ${JSON.stringify(json)}`)
  }
})

t.test('enum values are read by their short name too', async t => {
  const { message } = readWith(RepeatedsSchema, { enum_values: ['light_blue', 'negative', 'unspecified'] })
  t.same((message as unknown as { enumValues: Color[] }).enumValues, [
    Color.LIGHT_BLUE,
    Color.NEGATIVE,
    Color.UNSPECIFIED
  ])
})

t.test('what a field cannot take is refused with its place', async t => {
  const int32 = 'must be an integer from -2147483648 to 2147483647'
  const cases: [desc: DescMessage, json: unknown, complaints: string[]][] = [
    [ScalarsSchema, null, [': must be an object']],
    [ScalarsSchema, [], [': must be an object']],
    [ScalarsSchema, 'x', [': must be an object']],
    [ScalarsSchema, { int32_value: 'x' }, [`int32_value: ${int32}`]],
    [ScalarsSchema, { int32Value: 'x' }, [`int32Value: ${int32}`]],
    [ScalarsSchema, { enum_value: 'redd' }, ['enum_value: has no value "redd", did you mean "red"?']],
    [ScalarsSchema, { enum_value: 'RED' }, ['enum_value: has no value "RED", did you mean "red"?']],
    [ScalarsSchema, { enum_value: 'COLOR_REDD' }, ['enum_value: has no value "COLOR_REDD", did you mean "COLOR_RED"?']],
    [ScalarsSchema, { enum_value: 'something' }, ['enum_value: has no value "something"']],
    [ScalarsSchema, { enum_value: '1' }, ['enum_value: has no value "1"']],
    [ScalarsSchema, { enum_value: true }, ['enum_value: must be the name or the number of a value']],
    [ScalarsSchema, { enum_value: 1.5 }, ['enum_value: must be the name or the number of a value']],
    [ScalarsSchema, { enum_value: 2 ** 31 }, ['enum_value: must be the name or the number of a value']],
    [RepeatedsSchema, { int32_values: {} }, ['int32_values: must be an array']],
    [RepeatedsSchema, { int32_values: [1, 'x', 2.5] }, [`int32_values[1]: ${int32}`, `int32_values[2]: ${int32}`]],
    [RepeatedsSchema, { int32_values: [null] }, ['int32_values[0]: must not be null']],
    [RepeatedsSchema, { message_values: [{}, { int32_value: [] }] }, [`message_values[1].int32_value: ${int32}`]],
    [RepeatedsSchema, { message_values: [null] }, ['message_values[0]: must not be null']],
    [MapsSchema, { string_to_string: [] }, ['string_to_string: must be an object']],
    [MapsSchema, { string_to_string: { a: null } }, ['string_to_string["a"]: must not be null']],
    [MapsSchema, { string_to_string: { 'a b': 1 } }, ['string_to_string["a b"]: must be a string']],
    [MapsSchema, { int32_to_string: { '007': 'x' } }, [`int32_to_string["007"]: ${int32}`]],
    [MapsSchema, { bool_to_string: { yes: 'x' } }, ['bool_to_string["yes"]: must be true or false']],
    [MapsSchema, { string_to_message: { a: { int32_value: '' } } }, [`string_to_message["a"].int32_value: ${int32}`]],
    [
      MapsSchema,
      { string_to_string: { '\ud800': 'x' } },
      ['string_to_string["\\ud800"]: must be Unicode text without lone surrogates']
    ],
    [OneofsSchema, { text: 'a', number: 1 }, ['number: must not be given beside another field of "choice"']],
    [OneofsSchema, { text: 'a', nothing: null }, ['nothing: must not be given beside another field of "choice"']],
    [NestedSchema, { child: { inner: { count: 'x' } } }, [`child.inner.count: ${int32}`]],
    [WellKnownSchema, { empty: { a: 1 } }, ['empty.a: unknown field "a"']],
    [WellKnownSchema, { int32_wrapper: 'x' }, [`int32_wrapper: ${int32}`]]
  ]
  for (const [desc, json, expected] of cases) {
    t.same(complaints(desc, json), expected, JSON.stringify(json))
  }
})

t.test('an unknown field is refused with the nearest known name', async t => {
  const cases: [json: object, complaint: string][] = [
    [{ titel: 'x' }, 'titel: unknown field "titel", did you mean "title"?'],
    [{ price_miner: 1 }, 'price_miner: unknown field "price_miner", did you mean "price_minor"?'],
    [{ priceMiner: 1 }, 'priceMiner: unknown field "priceMiner", did you mean "priceMinor"?'],
    [{ author: { nmae: 'x' } }, 'author.nmae: unknown field "nmae", did you mean "name"?'],
    [{ quite_different: 1 }, 'quite_different: unknown field "quite_different"'],
    [JSON.parse('{"__proto__": {"x": 1}}'), '__proto__: unknown field "__proto__"'],
    [{ constructor: 1 }, 'constructor: unknown field "constructor"'],
    [{ '': 1 }, ': unknown field ""']
  ]
  for (const [json, complaint] of cases) t.same(complaints(BookSchema, json), [complaint])
})

t.test('an unknown field is ignored when the route says so', async t => {
  const { message, violations } = readWith(
    BookSchema,
    { title: 'x', author: { y: 1 }, z: {} },
    { unknownFields: 'ignore' }
  )
  t.same(violations, [])
  t.ok(equals(BookSchema, message as never, create(BookSchema, { title: 'x', author: {} })))
})

t.test('a field by both of its names is refused, whatever the values', async t => {
  for (const json of [
    { price_minor: 1, priceMinor: 1 },
    { priceMinor: null, price_minor: 1 }
  ]) {
    t.same(complaints(BookSchema, json), [
      'priceMinor: must not be given as "price_minor" too, which is the same field'
    ])
  }
})

t.test('everything that is wrong is told at once, up to 20', async t => {
  t.same(complaints(BookSchema, { title: 1, tags: ['a', 2], author: { born: 'x', x: 1 }, colour: 'red' }), [
    'title: must be a string',
    'tags[1]: must be a string',
    'author.born: must be an integer from -2147483648 to 2147483647',
    'author.x: unknown field "x"',
    'colour: unknown field "colour", did you mean "color"?'
  ])
  t.equal(complaints(BookSchema, { tags: Array(1000).fill(1) }).length, 20)
  t.equal(complaints(BookSchema, Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x${i}`, i]))).length, 20)
})

t.test('messages nest 100 deep and no deeper', async t => {
  const nested = (levels: number): object => (levels === 1 ? {} : { child: nested(levels - 1) })
  t.same(complaints(NestedSchema, nested(100)), [])
  t.same(complaints(NestedSchema, nested(101)), [`${'child.'.repeat(99)}child: must not nest deeper than 100 levels`])
  t.equal(complaints(NestedSchema, nested(5000)).length, 1)
  const errors = new Violations()
  compileReader(NestedSchema)(nested(101), errors, '')
  const before = errors.list.length
  compileReader(NestedSchema)(nested(100), errors, '')
  t.equal(errors.list.length, before, 'what was too deep leaves no depth behind')
})

t.test('null leaves any field of a oneof unset', async t => {
  const { message, violations } = readWith(OneofsSchema, { scalars: null, text: null, number: 1, flag: null })
  t.same(violations, [])
  t.ok(equals(OneofsSchema, message as never, create(OneofsSchema, { choice: { case: 'number', value: 1n } })))
})

t.test('__proto__ is data, never a prototype', async t => {
  const maps = readWith(MapsSchema, JSON.parse('{"string_to_string": {"__proto__": "x"}}')).message as never as {
    stringToString: object
  }
  t.same(Object.keys(maps.stringToString), ['__proto__'])
  t.equal(Object.getPrototypeOf(maps.stringToString), Object.prototype)
  const known = readWith(WellKnownSchema, JSON.parse('{"struct": {"__proto__": {"x": 1}}, "value": {"__proto__": 1}}'))
  t.same(known.violations, [])
  t.equal(({} as { x?: unknown }).x, undefined)
})

t.test('one field is read as the message holds it', async t => {
  const read = (field: keyof typeof WellKnownSchema.field, json: unknown) =>
    compileFieldReader(WellKnownSchema.field[field])(json, new Violations())
  t.equal(read('int64Wrapper', '5'), 5n)
  t.equal(read('int64Wrapper', null), undefined)
  t.match(read('value', null), { kind: { case: 'nullValue' } })
  t.same(read('struct', { a: 1 }), { a: 1 })
})

t.test('violations are told behind the path that the reader is given', async t => {
  const errors = new Violations()
  compileReader(BookSchema)({ title: 1 }, errors, 'book')
  compileReader(BookSchema)(1, errors, 'book')
  t.same(
    errors.list.map(violation => violation.field),
    ['book.title', 'book']
  )
})
