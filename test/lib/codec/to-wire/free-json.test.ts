import { type DescMessage, equals, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { ListValueSchema, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

t.test('any JSON is a Value, any object a Struct, any array a ListValue', async t => {
  const cases: [desc: DescMessage, json: JsonValue][] = [
    [StructSchema, {}],
    [StructSchema, { a: null, b: [1, { c: 'x' }], '': false, d: { e: {} } }],
    [StructSchema, JSON.parse('{"__proto__": {"x": 1}}')],
    [ValueSchema, null],
    [ValueSchema, true],
    [ValueSchema, 0],
    [ValueSchema, -1.5e300],
    [ValueSchema, ''],
    [ValueSchema, 'x'.repeat(20_000)],
    [ValueSchema, []],
    [ValueSchema, {}],
    [ValueSchema, { a: [[]] }],
    [ListValueSchema, []],
    [ListValueSchema, [null, [1], {}, 'x', false]],
    [ListValueSchema, Array.from({ length: 500 }, (_, index) => ({ index, text: 'x'.repeat(index) }))],
    [WellKnownSchema, { values: [null, 1, 'x', { a: [] }], value: null, listValue: [], struct: {} }]
  ]
  for (const [desc, json] of cases) {
    const text = JSON.stringify(json)
    const { message } = toWireWith(desc, text)
    t.ok(equals(desc, message!, fromJson(desc, json)), `${desc.name} ${text.slice(0, 60)}`)
  }
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), json => {
      const { message } = toWireWith(ValueSchema, JSON.stringify(json))
      // JSON.stringify has no minus zero.
      return equals(ValueSchema, message as never, fromJson(ValueSchema, JSON.parse(JSON.stringify(json))))
    }),
    { seed: 1, numRuns: 500 }
  )
})

t.test('null is a value of a Value, and none of a Struct or a ListValue', async t => {
  t.match(toWireWith(WellKnownSchema, '{"value":null}').message, { value: { kind: { case: 'nullValue' } } })
  t.equal(toWireWith(WellKnownSchema, '{"struct":null,"list_value":null,"values":null}').wire.length, 0)
})

t.test('free JSON is checked down to its leaves', async t => {
  const text = 'must be Unicode text without lone surrogates'
  t.same(complaints(WellKnownSchema, '{"struct":{"a":[1,"\\ud800"],"b":{"c":1e400}}}'), [
    `struct.a[1]: ${text}`,
    'struct.b.c: must be a number that fits a double'
  ])
  t.same(complaints(WellKnownSchema, '{"value":"\\udc00"}'), [`value: ${text}`])
  t.same(complaints(WellKnownSchema, '{"list_value":[["\\ud800"]]}'), [`list_value[0][0]: ${text}`])
  t.same(complaints(WellKnownSchema, '{"struct":{"a":{"\\ud800":1}}}'), [
    'struct.a.\ud800: must have names without lone surrogates'
  ])
  t.same(complaints(WellKnownSchema, '{"struct":[]}'), ['struct: must be an object'])
  t.same(complaints(WellKnownSchema, '{"struct":"x","list_value":{}}'), [
    'struct: must be an object',
    'list_value: must be an array'
  ])
})

t.test('free JSON nests as deep as whoever reads the message follows', async t => {
  const arrays = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const objects = (depth: number) => `${'{"":'.repeat(depth)}1${'}'.repeat(depth)}`
  const tooDeep = /: must not nest deeper than 100 levels$/
  for (const [text, last] of [
    [arrays, 50],
    [objects, 49]
  ] as const) {
    t.ok(toWireWith(ValueSchema, text(last)).message)
    t.match(complaints(ValueSchema, text(last + 1)), [tooDeep])
    t.match(complaints(ValueSchema, text(100)), [tooDeep])
    t.throws(() => toWireWith(ValueSchema, text(101)), { name: 'BindError', reason: 'INVALID_JSON' })
  }
  t.same(complaints(WellKnownSchema, `{"values":[1,${arrays(50)}]}`).length, 1)
  t.match(complaints(WellKnownSchema, `{"values":[1,${arrays(51)}],"x":1}`), [/^values\[1\](\[0\])+: must/, /^x: /])
})
