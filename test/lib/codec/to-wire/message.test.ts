import { create, type DescMessage, equals, fromJson, type JsonValue } from '@bufbuild/protobuf'
import t from 'tap'
import { BookSchema, EverythingSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import {
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
import { CrossedSchema } from './legacy-types.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

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
    [RepeatedsSchema, { unpacked_values: [1, -1, 0], double_values: [0, 1.5], bool_values: [true, false] }],
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
    [NamesSchema, { tagOfTwoBytes: 'a', tag_of_three_bytes: 'b', tag_of_five_bytes: 'c' }],
    [NamesSchema, JSON.parse('{"__proto__": "own"}')],
    [UnorderedSchema, { first: '1', third: '3', second: '2' }],
    [WellKnownSchema, { empty: {}, value: null, null_value: null, struct: { a: { b: [true] } } }],
    [WellKnownSchema, { int64_wrapper: '5', bool_wrapper: false, string_wrapper: null, bytes_wrapper: 'AQ' }],
    [WellKnownSchema, { double_wrapper: '-Infinity', float_wrapper: 1.5, uint64_wrapper: 0, int32_wrapper: 0 }],
    [WellKnownSchema, { uint32_wrapper: '7', string_wrapper: '', int64_wrapper: 0 }],
    [WellKnownSchema, { values: [null, 1, 'x', { a: [] }], int64_wrappers: ['1', 2, 0] }],
    [EverythingSchema, { scalars: { int32_value: 1 }, maps: {}, well_known: { timestamps: ['2024-05-01T00:00:00Z'] } }]
  ]
  for (const [desc, json] of cases) {
    const text = JSON.stringify(json)
    const { message, violations } = toWireWith(desc, text)
    t.same(violations, [], text)
    t.ok(equals(desc, message!, fromJson(desc, json)), `${desc.name} ${text}`)
  }
})

t.test('what a field cannot take is refused with its place', async t => {
  const int32 = 'must be an integer from -2147483648 to 2147483647'
  const cases: [desc: DescMessage, text: string, complaints: string[]][] = [
    [ScalarsSchema, 'null', [': must be an object']],
    [ScalarsSchema, '[{"a":1}]', [': must be an object']],
    [ScalarsSchema, '"x"', [': must be an object']],
    [ScalarsSchema, '5', [': must be an object']],
    [ScalarsSchema, '{"int32_value":"x"}', [`int32_value: ${int32}`]],
    [ScalarsSchema, '{"int32Value":"x"}', [`int32Value: ${int32}`]],
    [ScalarsSchema, '{"int32\\u0056alue":"x"}', [`int32Value: ${int32}`]],
    [RepeatedsSchema, '{"int32_values":{"a":[1]}}', ['int32_values: must be an array']],
    [RepeatedsSchema, '{"message_values":"x"}', ['message_values: must be an array']],
    [RepeatedsSchema, '{"int32_values":[1,"x",2.5]}', [`int32_values[1]: ${int32}`, `int32_values[2]: ${int32}`]],
    [RepeatedsSchema, '{"int32_values":[null]}', ['int32_values[0]: must not be null']],
    [RepeatedsSchema, '{"message_values":[{},{"int32_value":[]}]}', [`message_values[1].int32_value: ${int32}`]],
    [RepeatedsSchema, '{"message_values":[null]}', ['message_values[0]: must not be null']],
    [MapsSchema, '{"string_to_string":[]}', ['string_to_string: must be an object']],
    [MapsSchema, '{"string_to_string":{"a":null}}', ['string_to_string["a"]: must not be null']],
    [MapsSchema, '{"string_to_string":{"a b":1}}', ['string_to_string["a b"]: must be a string']],
    [MapsSchema, '{"int32_to_string":{"007":"x"}}', [`int32_to_string["007"]: ${int32}`]],
    [MapsSchema, '{"int32_to_string":{"1e2":"x"}}', [`int32_to_string["1e2"]: ${int32}`]],
    [MapsSchema, '{"bool_to_string":{"yes":"x"}}', ['bool_to_string["yes"]: must be true or false']],
    [MapsSchema, '{"string_to_message":{"a":{"int32_value":""}}}', [`string_to_message["a"].int32_value: ${int32}`]],
    [
      MapsSchema,
      '{"string_to_string":{"\\ud800":"x"}}',
      ['string_to_string["\\ud800"]: must be Unicode text without lone surrogates']
    ],
    [OneofsSchema, '{"text":"a","number":1}', ['number: must not be given beside another field of "choice"']],
    [OneofsSchema, '{"text":"a","nothing":null}', ['nothing: must not be given beside another field of "choice"']],
    [NestedSchema, '{"child":{"inner":{"count":"x"}}}', [`child.inner.count: ${int32}`]],
    [WellKnownSchema, '{"empty":{"a":1}}', ['empty.a: unknown field "a"']],
    [WellKnownSchema, '{"int32_wrapper":"x"}', [`int32_wrapper: ${int32}`]],
    [WellKnownSchema, '{"bool_wrapper":"true"}', ['bool_wrapper: must be true or false']],
    [WellKnownSchema, '{"int64_wrappers":[null]}', ['int64_wrappers[0]: must not be null']]
  ]
  for (const [desc, text, expected] of cases) t.same(complaints(desc, text), expected, text)
})

t.test('an unknown field is refused with the nearest known name', async t => {
  const cases: [text: string, complaint: string][] = [
    ['{"titel":"x"}', 'titel: unknown field "titel", did you mean "title"?'],
    ['{"price_miner":1}', 'price_miner: unknown field "price_miner", did you mean "price_minor"?'],
    ['{"priceMiner":1}', 'priceMiner: unknown field "priceMiner", did you mean "priceMinor"?'],
    ['{"author":{"nmae":"x"}}', 'author.nmae: unknown field "nmae", did you mean "name"?'],
    ['{"quite_different":{"a":[{}]}}', 'quite_different: unknown field "quite_different"'],
    ['{"__proto__":{"x":1}}', '__proto__: unknown field "__proto__"'],
    ['{"constructor":1}', 'constructor: unknown field "constructor"'],
    ['{"@type":"x"}', '@type: unknown field "@type"'],
    ['{"[fixture.v1.x]":1}', '[fixture.v1.x]: unknown field "[fixture.v1.x]"'],
    ['{"":1}', ': unknown field ""']
  ]
  for (const [text, complaint] of cases) t.same(complaints(BookSchema, text), [complaint])
})

t.test('an unknown field is ignored when the route says so, but has to be JSON', async t => {
  const text = '{"title":"x","author":{"y":1},"z":{"a":[1,{"b":null}],"c":"\\n"},"__proto__":{}}'
  const { message, violations } = toWireWith(BookSchema, text, { unknownFields: 'ignore' })
  t.same(violations, [])
  t.ok(equals(BookSchema, message as never, create(BookSchema, { title: 'x', author: {} })))
  for (const [wrong, reason] of [
    ['{"z":[01]}', 'INVALID_JSON'],
    ['{"z":{"a":1,"a":1}}', 'DUPLICATE_KEY'],
    ['{"z":1,"z":1}', 'DUPLICATE_KEY'],
    [`{"z":${'['.repeat(100)}${']'.repeat(100)}}`, 'INVALID_JSON']
  ] as const) {
    t.throws(() => toWireWith(BookSchema, wrong, { unknownFields: 'ignore' }), { name: 'BindError', reason }, wrong)
  }
})

t.test('a field by both of its names is refused, whatever the values and the order', async t => {
  for (const text of [
    '{"price_minor":1,"priceMinor":1}',
    '{"priceMinor":null,"price_minor":1}',
    '{"priceMinor":1,"title":"x","price_minor":null}'
  ]) {
    t.same(
      complaints(BookSchema, text),
      ['priceMinor: must not be given as "price_minor" too, which is the same field'],
      text
    )
  }
})

t.test('a name that is the proto name of one field and the JSON name of another means the first of these', async t => {
  t.match(toWireWith(CrossedSchema, '{"second_name":1}').message, { secondName: 1 })
  t.match(toWireWith(CrossedSchema, '{"first":1,"secondName":2}').message, { first: 1, secondName: 2 })
  t.same(complaints(CrossedSchema, '{"secondName":1,"second_name":2}'), [
    'secondName: must not be given as "second_name" too, which is the same field'
  ])
})

t.test('a key that an object has twice is refused, in objects of any size', async t => {
  const names = [...new Set(ScalarsSchema.fields.flatMap(({ name, jsonName }) => [name, jsonName]))]
  for (const name of names) {
    const text = `{"double_value":null,"${name}":null,"stringValue":null,"${name}":null}`
    t.throws(() => toWireWith(ScalarsSchema, text), { name: 'BindError', reason: 'DUPLICATE_KEY' }, name)
  }
  for (const text of [
    '{"child":{"inner":{"count":1}},"inner":{"count":1,"count":2}}',
    '{"child":{"child":{}},"child":{}}',
    '{"children":[{"inner":{}},{"inner":{},"inner":{}}]}'
  ]) {
    t.throws(() => toWireWith(NestedSchema, text), { name: 'BindError', reason: 'DUPLICATE_KEY' }, text)
  }
  t.same(complaints(NestedSchema, '{"inner":{"count":1},"child":{"inner":{"count":1},"child":{"inner":{}}}}'), [])
})

t.test('everything that is wrong is told at once, up to 20', async t => {
  t.same(complaints(BookSchema, '{"title":1,"tags":["a",2],"author":{"born":"x","x":1},"colour":"red"}'), [
    'title: must be a string',
    'tags[1]: must be a string',
    'author.born: must be an integer from -2147483648 to 2147483647',
    'author.x: unknown field "x"',
    'colour: unknown field "colour", did you mean "color"?'
  ])
  t.equal(complaints(BookSchema, `{"tags":[${Array(1000).fill(1)}]}`).length, 20)
  const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x${index}`, index]))
  t.equal(complaints(BookSchema, JSON.stringify(unknown)).length, 20)
})

t.test('text that is no JSON is no JSON, however much is wrong before', async t => {
  t.throws(() => toWireWith(BookSchema, `{"tags":[${Array(1000).fill(1)}],"x":1,"title":"x"`), {
    name: 'BindError',
    reason: 'INVALID_JSON'
  })
})

t.test('messages nest 100 deep', async t => {
  const nested = (levels: number): string => (levels === 1 ? '{}' : `{"child":${nested(levels - 1)}}`)
  t.same(complaints(NestedSchema, nested(100)), [])
  for (const levels of [101, 5000]) {
    t.throws(() => toWireWith(NestedSchema, nested(levels)), {
      name: 'BindError',
      reason: 'INVALID_JSON',
      message: 'the JSON text must not nest deeper than 100 levels'
    })
  }
  t.same(complaints(NestedSchema, nested(100)), [], 'what was too deep leaves no depth behind')
})

t.test('null leaves any field of a oneof unset', async t => {
  const { message, violations } = toWireWith(OneofsSchema, '{"scalars":null,"text":null,"number":1,"flag":null}')
  t.same(violations, [])
  t.ok(equals(OneofsSchema, message as never, create(OneofsSchema, { choice: { case: 'number', value: 1n } })))
})

t.test('__proto__ is data, never a prototype', async t => {
  const { message } = toWireWith(MapsSchema, '{"string_to_string":{"__proto__":"x"}}')
  t.same(Object.keys((message as unknown as { stringToString: object }).stringToString), ['__proto__'])
  t.same(complaints(WellKnownSchema, '{"struct":{"__proto__":{"x":1}},"value":{"__proto__":1}}'), [])
  t.equal(({} as { x?: unknown }).x, undefined)
})
