import type { DescMessage } from '@bufbuild/protobuf'
import t from 'tap'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import {
  MapsSchema,
  NestedSchema,
  OneofsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  UnorderedSchema,
  WellKnownSchema
} from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { bytes, group, message, text, varint } from './wire.ts'

t.test('records in any order and number are merged as the wire format says', async t => {
  const cases: [what: string, desc: DescMessage, wire: Uint8Array[], json: string][] = [
    ['the last of a singular field counts', ScalarsSchema, [varint(3, 1), varint(3, 2)], '{"int32_value":2}'],
    ['also when it is zero', ScalarsSchema, [varint(3, 1), varint(3, 0)], '{}'],
    ['fields have their order', UnorderedSchema, [text(3, 'c'), text(1, 'a')], '{"first":"a","third":"c"}'],
    [
      'messages are merged',
      NestedSchema,
      [message(1, varint(2, 1), text(3, 'a')), message(1, text(3, 'b'), varint(2, 2))],
      '{"inner":{"count":2,"tags":["a","b"]}}'
    ],
    [
      'messages in messages too',
      NestedSchema,
      [message(3, message(1, varint(2, 1))), message(3, message(1, text(3, 'a')))],
      '{"child":{"inner":{"count":1,"tags":["a"]}}}'
    ],
    [
      'a list goes on',
      RepeatedsSchema,
      [text(14, 'a'), varint(18, 1), text(14, 'b')],
      '{"string_values":["a","b"],"unpacked_values":[1]}'
    ],
    [
      'packed or not',
      RepeatedsSchema,
      [varint(3, 1), bytes('1a 02 02 03'), varint(3, 4), bytes('1a 00')],
      '{"int32_values":[1,2,3,4]}'
    ],
    ['an empty packed list is empty', RepeatedsSchema, [bytes('1a 00')], '{}'],
    ['the last of a oneof counts', OneofsSchema, [text(1, 'a'), varint(2, 5)], '{"number":"5"}'],
    ['whatever its number', OneofsSchema, [varint(2, 5), text(1, 'a')], '{"text":"a"}'],
    [
      'what was replaced is not merged with',
      OneofsSchema,
      [message(6, varint(3, 1)), varint(3, 1), message(6, varint(4, 2))],
      '{"scalars":{"int64_value":"2"}}'
    ],
    ['oneofs are apart', OneofsSchema, [text(12, 'r'), text(1, 'a')], '{"text":"a","right":"r"}'],
    [
      'the last entry of a key counts',
      MapsSchema,
      [message(1, text(1, 'k'), text(2, 'a')), message(1, text(1, 'l')), message(1, text(1, 'k'), text(2, 'b'))],
      '{"string_to_string":{"k":"b","l":""}}'
    ],
    [
      'however it is spelled',
      MapsSchema,
      [message(2, varint(1, 1), text(2, 'a')), message(2, bytes('08 81 00'), text(2, 'b'))],
      '{"int32_to_string":{"1":"b"}}'
    ],
    [
      'entries are messages, too',
      MapsSchema,
      [message(1, text(2, 'a'), varint(3, 1), text(1, 'j'), text(2, 'b'), text(1, 'k'))],
      '{"string_to_string":{"k":"b"}}'
    ],
    [
      'with values that are merged',
      MapsSchema,
      [message(17, message(2, varint(3, 1)), text(1, 'k'), message(2, varint(4, 2)))],
      '{"string_to_message":{"k":{"int32_value":1,"int64_value":"2"}}}'
    ],
    ['an empty entry', MapsSchema, [message(17)], '{"string_to_message":{"":{}}}'],
    [
      'an empty entry of a type with a form of its own',
      MapsSchema,
      [message(18)],
      '{"string_to_timestamp":{"":"1970-01-01T00:00:00Z"}}'
    ],
    [
      'a Timestamp in parts',
      WellKnownSchema,
      [message(1, varint(1, 60)), message(1, varint(2, 5_000_000))],
      '{"timestamp":"1970-01-01T00:01:00.005Z"}'
    ],
    [
      'a FieldMask in parts',
      WellKnownSchema,
      [message(3, text(1, 'a')), message(3, text(1, 'b_c'))],
      '{"field_mask":"a,b_c"}'
    ],
    ['a wrapper with two values', WellKnownSchema, [message(14, varint(1, 1), varint(1, 2))], '{"int32_wrapper":2}'],
    [
      'a Value that changes its mind',
      WellKnownSchema,
      [message(5, text(3, 'a'), varint(4, 1), text(3, 'b'))],
      '{"value":"b"}'
    ],
    [
      'a Struct in parts',
      WellKnownSchema,
      [
        message(4, message(1, text(1, 'k'), message(2, varint(4, 1)))),
        message(4, message(1, text(1, 'k'), message(2, varint(4, 0))))
      ],
      '{"struct":{"k":false}}'
    ],
    [
      'unknown fields are left out',
      ScalarsSchema,
      [varint(99, 1), bytes('99 06 00 00 00 00 00 00 00 00'), group(98, group(98), varint(1, 1)), varint(3, 1)],
      '{"int32_value":1}'
    ],
    ['also in a message', NestedSchema, [message(1, group(98, text(1, 'x')), varint(2, 1))], '{"inner":{"count":1}}'],
    ['a known number with another wire type is unknown', ScalarsSchema, [text(3, 'x'), varint(14, 1)], '{}']
  ]
  for (const [what, desc, wire, json] of cases) {
    t.equal(compileToJson(desc, { implicitFields: false })(Buffer.concat(wire)).toString(), json, what)
  }
})

t.test('many keys of a map, one of them twice, are all there once', async t => {
  const entries = Array.from({ length: 100 }, (_, index) => message(2, varint(1, index), text(2, `${index}`)))
  const print = compileToJson(MapsSchema, { implicitFields: false })
  const expected = Object.fromEntries(entries.map((_, index) => [index, `${index}`]))
  t.strictSame(JSON.parse(print(Buffer.concat(entries)).toString()), { int32_to_string: expected })
  for (const [key, value] of [
    [3, 'x'],
    [77, 'y']
  ] as const) {
    const wire = Buffer.concat([...entries, message(2, varint(1, key), text(2, value))])
    t.strictSame(JSON.parse(print(wire).toString()), { int32_to_string: { ...expected, [key]: value } })
  }
})
