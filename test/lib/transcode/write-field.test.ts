import { create, type DescField, type DescMessage, equals, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { FieldDescriptorProto_Type as Type } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import type { ParentField } from '../../../lib/codec/local.ts'
import { sampleMessage } from '../../../lib/transcode/sample-message.ts'
import { writeField } from '../../../lib/transcode/write-field.ts'
import { EverythingSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  OneofsSchema,
  OptionalsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  WellKnownSchema
} from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { fieldOf, innerField, messageOf } from './rules-of.ts'

function written(parents: ParentField[], field: DescField, value: unknown): Uint8Array {
  const writer = new BinaryWriter()
  writeField(writer, parents, field, value)
  return writer.finish()
}

function valueIn(message: Record<string, unknown>, field: DescField): unknown {
  const oneof = field.oneof === undefined ? undefined : (message[field.oneof.localName] as { value: unknown })
  const value = oneof === undefined ? message[field.localName] : oneof.value
  return field.fieldKind === 'list' ? (value as unknown[])[0] : value
}

t.test('a field of every type is written as protobuf-es writes it', async t => {
  // Singular fields of this type hold plain JSON, and no part of a URL is one.
  const isStruct = (field: DescField) => field.message?.typeName === 'google.protobuf.Struct'
  for (const desc of [
    ScalarsSchema,
    OptionalsSchema,
    OneofsSchema,
    RepeatedsSchema,
    WellKnownSchema
  ] as DescMessage[]) {
    for (const field of desc.fields.filter(field => !isStruct(field))) {
      const sample = sampleMessage(desc, field)
      const wire = written([], field, valueIn(sample as never, field))
      t.ok(equals(desc, fromBinary(desc, wire), sample), `${desc.name}.${field.name}`)
    }
  }
})

t.test('a field has the messages that hold it around it, and the last of two counts', async t => {
  const { oneofs } = EverythingSchema.field
  const { scalars } = OneofsSchema.field
  const parents = [oneofs, scalars] as ParentField[]
  const { int32Value, stringValue } = ScalarsSchema.field
  const before = create(EverythingSchema, {
    oneofs: { beside: 'b', choice: { case: 'scalars', value: { int32Value: 5, boolValue: true } } }
  })
  const wire = Buffer.concat([
    toBinary(EverythingSchema, before),
    written(parents, int32Value, 0),
    written(parents, stringValue, 'x')
  ])
  const after = create(EverythingSchema, {
    oneofs: { beside: 'b', choice: { case: 'scalars', value: { boolValue: true, stringValue: 'x' } } }
  })
  t.ok(equals(EverythingSchema, fromBinary(EverythingSchema, wire), after))
})

t.test('a group of proto2 is one', async t => {
  const outer = messageOf([fieldOf(1, { ...innerField, type: Type.GROUP })], {
    inner: [fieldOf(1, { name: 'a' })],
    syntax: 'proto2'
  })
  const [inner] = outer.fields as [ParentField]
  const wire = written([inner], inner.message.fields[0]!, 'x')
  t.match(fromBinary(outer, wire), { inner: { a: 'x' } })
  t.same(written([], inner, create(inner.message, { a: 'x' } as never)), wire)
})
