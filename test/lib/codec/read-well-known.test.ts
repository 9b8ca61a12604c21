import { equals, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { Int64ValueSchema, ListValueSchema, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { WellKnownSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, readWith } from './read-with.ts'

t.test('well-known types are read from the JSON forms that they have', async t => {
  const cases: [field: string, json: JsonValue][] = [
    ['timestamp', '2024-05-01T12:30:00Z'],
    ['timestamp', '2024-02-29T23:59:59.999999999Z'],
    ['timestamp', '0001-01-01T00:00:00Z'],
    ['timestamp', '9999-12-31T23:59:59.999999999Z'],
    ['timestamp', '1969-12-31T23:59:59.5Z'],
    ['timestamp', '2024-05-01T12:30:00.1+05:45'],
    ['timestamp', '2024-05-01T12:30:00-00:30'],
    ['duration', '0s'],
    ['duration', '-0s'],
    ['duration', '1.5s'],
    ['duration', '-1.5s'],
    ['duration', '-0.5s'],
    ['duration', '0.000000001s'],
    ['duration', '315576000000s'],
    ['duration', '-315576000000s'],
    ['field_mask', ''],
    ['field_mask', 'title'],
    ['field_mask', 'priceMinor,author.bornIn'],
    ['struct', {}],
    ['struct', { a: null, b: [1, { c: 'x' }], '': false }],
    ['value', null],
    ['value', { a: [] }],
    ['value', 'x'],
    ['value', 0],
    ['list_value', []],
    ['list_value', [null, [1], {}]],
    ['double_wrapper', '-Infinity'],
    ['float_wrapper', 1.5],
    ['int64_wrapper', '-5'],
    ['uint64_wrapper', 0],
    ['int32_wrapper', 0],
    ['uint32_wrapper', '7'],
    ['bool_wrapper', false],
    ['string_wrapper', ''],
    ['bytes_wrapper', 'AQ==']
  ]
  for (const [field, value] of cases) {
    const json = { [field]: value }
    const { message, violations } = readWith(WellKnownSchema, json)
    t.same(violations, [], JSON.stringify(json))
    t.ok(equals(WellKnownSchema, message as never, fromJson(WellKnownSchema, json)), JSON.stringify(json))
  }
})

t.test('they are read as messages of their own too', async t => {
  const cases = [
    [StructSchema, { a: [1, null] }],
    [ValueSchema, { a: 1 }],
    [ListValueSchema, [1, 'x']],
    [Int64ValueSchema, '5']
  ] as const
  for (const [desc, json] of cases) {
    const { message } = readWith(desc, json)
    t.ok(equals(desc, message as never, fromJson(desc, json as JsonValue) as never), desc.typeName)
  }
})

t.test('a field mask may use the proto names, as the fields beside it do', async t => {
  const { message } = readWith(WellKnownSchema, { field_mask: 'price_minor,author.bornIn,title' })
  t.match(message, { fieldMask: { paths: ['price_minor', 'author.born_in', 'title'] } })
})

t.test('what is none of these forms is refused', async t => {
  const rfc3339 = 'must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"'
  const year = 'must be a time in the years 1 to 9999'
  const duration = 'must be a duration in seconds of at most 10,000 years, such as "1.5s"'
  const mask = 'must be field paths with commas between them, such as "title,author.name"'
  const cases: [field: string, json: unknown, description: string][] = [
    ...[
      '2024-05-01',
      '2024-05-01T12:30Z',
      '2024-05-01T12:30:00',
      '2024-05-01t12:30:00z',
      '2024-05-01 12:30:00Z',
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-05-00T00:00:00Z',
      '2024-05-01T24:00:00Z',
      '2024-05-01T23:59:60Z',
      '2024-05-01T00:00:00+24:00',
      '2024-05-01T00:00:00+00:60',
      '2024-05-01T00:00:00.Z',
      '2024-05-01T00:00:00.0123456789Z',
      '10000-01-01T00:00:00Z',
      '',
      1714521600,
      {}
    ].map(json => ['timestamp', json, rfc3339] as [string, unknown, string]),
    ['timestamp', '0000-12-31T23:59:59Z', year],
    ['timestamp', '0001-01-01T00:00:00+00:01', year],
    ['timestamp', '9999-12-31T23:59:59-00:01', year],
    ...[
      '1',
      '1.5',
      's',
      '.5s',
      '1.s',
      '1.0123456789s',
      '1 s',
      '+1s',
      '1e3s',
      '315576000001s',
      '9999999999999s',
      '1sx',
      1,
      ''
    ].map(json => ['duration', json, duration] as [string, unknown, string]),
    ...[' title', 'a,,b', 'a,', 'a.', '.a', 'a b', 'a[0]', '*', 'é', 5, ['a']].map(
      json => ['field_mask', json, mask] as [string, unknown, string]
    ),
    ['struct', [], 'must be an object'],
    ['struct', 'x', 'must be an object'],
    ['list_value', {}, 'must be an array'],
    ['bool_wrapper', 'true', 'must be true or false']
  ]
  for (const [field, json, description] of cases) {
    t.same(complaints(WellKnownSchema, { [field]: json }), [`${field}: ${description}`], JSON.stringify(json))
  }
})

t.test('free JSON is checked down to its leaves', async t => {
  const text = 'must be Unicode text without lone surrogates'
  t.same(complaints(WellKnownSchema, { struct: { a: [1, '\ud800'], b: { c: JSON.parse('1e400') } } }), [
    `struct.a[1]: ${text}`,
    'struct.b.c: must be a number that fits a double'
  ])
  t.same(complaints(WellKnownSchema, { value: '\ud800' }), [`value: ${text}`])
  t.same(complaints(WellKnownSchema, { list_value: [['\ud800']] }), [`list_value[0][0]: ${text}`])
  t.same(complaints(WellKnownSchema, { struct: { '\ud800': 1 } }), ['struct: must have names without lone surrogates'])
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { x: deep(levels - 1) })
  t.same(complaints(WellKnownSchema, { struct: deep(99) }), [])
  t.match(complaints(WellKnownSchema, { struct: deep(100) }), [/: must not nest deeper than 100 levels$/])
  t.match(complaints(WellKnownSchema, { value: deep(5000) }), [/: must not nest deeper than 100 levels$/])
})
