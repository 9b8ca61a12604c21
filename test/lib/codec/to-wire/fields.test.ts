import { type DescMessage, fromJsonString, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { RepeatedsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { EditionSchema, LegacySchema } from './legacy-types.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

/** Whether the bytes are those that protobuf-es writes. The fields of the text have to be in the order of their numbers. */
function sameBytes(desc: DescMessage, text: string): boolean {
  const expected = toBinary(desc, fromJsonString(desc, text))
  return Buffer.from(expected).equals(toWireWith(desc, text).wire)
}

t.test('what proto2 has more is written as protobuf-es writes it', async t => {
  const texts = [
    '{"required":0}',
    '{"required":1,"size":"SIZE_2","sizes":["SIZE_1",3]}',
    '{"required":1,"single":{}}',
    '{"required":1,"single":{"text":"x","inner":{"required":2,"single":{"text":"y"}}}}',
    '{"required":1,"several":[{},{"text":"x"},{"text":""}]}',
    '{"required":1,"numbers":[1,0,-1]}',
    '{"required":1,"text":""}',
    '{"required":1,"text":"default"}'
  ]
  for (const text of texts) t.ok(sameBytes(LegacySchema, text), text)
})

t.test('groups nest as deep as messages do', async t => {
  const deep = (levels: number): string =>
    levels === 0 ? '{"required":1}' : `{"required":1,"single":{"inner":${deep(levels - 1)}}}`
  t.ok(sameBytes(LegacySchema, deep(49)))
})

t.test('a required field may come from elsewhere in the request', async t => {
  t.same(complaints(LegacySchema, '{}'), [])
})

t.test('a closed enum takes no number that it has no name for', async t => {
  const description = 'must be the name or the number of a value'
  t.same(complaints(LegacySchema, '{"size":4,"sizes":[1,0,2]}'), [`size: ${description}`, `sizes[1]: ${description}`])
})

t.test('the features of an edition are followed', async t => {
  const texts = [
    '{"number":0,"required":1}',
    '{"child":{"number":1,"child":{"required":2},"required":3},"required":1}',
    '{"children":[{"required":1},{"number":2,"required":1}],"required":1}',
    '{"implicit":0,"required":0}',
    '{"implicit":1,"required":1}',
    '{"required":1,"expanded":[1,2,0]}'
  ]
  for (const text of texts) t.ok(sameBytes(EditionSchema, text), text)
})

t.test('numbers in a list are packed, and an empty list is nothing', async t => {
  const texts = [
    '{"doubleValues":[0,-0.0,1.5],"floatValues":[0.5],"int32Values":[0,-1,300],"int64Values":["-1"]}',
    '{"sint32Values":[-1,1],"sint64Values":["-2"],"fixed32Values":[1],"fixed64Values":["1"],"sfixed32Values":[-1]}',
    '{"boolValues":[true,false],"stringValues":["","x"],"bytesValues":["","AQ"],"enumValues":[1,-1]}',
    '{"messageValues":[{},{"int32Value":1}],"unpackedValues":[0,1]}',
    '{"int32Values":[],"stringValues":[],"messageValues":[],"unpackedValues":[]}',
    `{"int32Values":[${Array.from({ length: 5000 }, (_, index) => index * index)}]}`
  ]
  for (const text of texts) t.ok(sameBytes(RepeatedsSchema, text), text.slice(0, 100))
})
