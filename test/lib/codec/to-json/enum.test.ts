import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema
} from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { compileToJson, type ToJsonOptions } from '../../../../lib/codec/to-json/compile.ts'
import { bytes, message, text, varint } from './wire.ts'

const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label
const { ENUM, STRING, MESSAGE } = FieldDescriptorProto_Type

const file = create(FileDescriptorProtoSchema, {
  name: 'closed.proto',
  package: 'closed',
  syntax: 'proto2',
  enumType: [{ name: 'Size', value: [1, 2].map(number => ({ name: `SIZE_${number}`, number })) }],
  messageType: [
    {
      name: 'Message',
      field: [
        { name: 'size', number: 1, type: ENUM, label: OPTIONAL, typeName: '.closed.Size', jsonName: 'size' },
        { name: 'sizes', number: 2, type: ENUM, label: REPEATED, typeName: '.closed.Size', jsonName: 'sizes' },
        { name: 'by_name', number: 3, type: MESSAGE, label: REPEATED, typeName: '.closed.Message.ByNameEntry' },
        { name: 'text', number: 4, type: STRING, label: OPTIONAL, oneofIndex: 0 },
        { name: 'other', number: 5, type: ENUM, label: OPTIONAL, typeName: '.closed.Size', oneofIndex: 0 }
      ].map(field => ({ jsonName: field.name, ...field })),
      oneofDecl: [{ name: 'choice' }],
      nestedType: [
        {
          name: 'ByNameEntry',
          options: { mapEntry: true },
          field: [
            { name: 'key', number: 1, type: STRING, label: OPTIONAL, jsonName: 'key' },
            { name: 'value', number: 2, type: ENUM, label: OPTIONAL, typeName: '.closed.Size', jsonName: 'value' }
          ]
        }
      ]
    }
  ]
})
const ClosedSchema = createFileRegistry(file, () => undefined).getMessage('closed.Message') as DescMessage

const entry = (key: string, size: number) => message(3, text(1, key), varint(2, size))

t.test('numbers that a closed enum does not have count for nothing', async t => {
  const cases: [what: string, wire: Uint8Array[], json: string][] = [
    ['alone', [varint(1, 9)], '{}'],
    ['behind a known one', [varint(1, 1), varint(1, 9)], '{"size":"size_1"}'],
    ['in front of a known one', [varint(1, 9), varint(1, 2)], '{"size":"size_2"}'],
    ['in a list', [varint(2, 1), varint(2, 9), varint(2, 2)], '{"sizes":["size_1","size_2"]}'],
    ['in a packed list', [bytes('12 03 01 09 02')], '{"sizes":["size_1","size_2"]}'],
    ['all of a list', [varint(2, 9)], '{}'],
    ['in a map', [entry('a', 9), entry('b', 2)], '{"by_name":{"b":"size_2"}}'],
    ['behind another of the same key', [entry('a', 1), entry('a', 9)], '{"by_name":{"a":"size_1"}}'],
    ['in a oneof', [text(4, 'x'), varint(5, 9)], '{"text":"x"}'],
    ['in a oneof, in front', [varint(5, 9), text(4, 'x')], '{"text":"x"}'],
    ['in a oneof that is set later', [varint(5, 9), varint(5, 1)], '{"other":"size_1"}']
  ]
  for (const [what, wire, json] of cases) {
    const options: Partial<ToJsonOptions> = { implicitFields: false }
    t.equal(compileToJson(ClosedSchema, options)(Buffer.concat(wire)).toString(), json, what)
  }
})

t.test('what counts for nothing is null where that is asked for', async t => {
  const print = compileToJson(ClosedSchema, { implicitFields: false, nulls: new Set([ClosedSchema.field.size!]) })
  t.equal(print(varint(1, 9)).toString(), '{"size":null}')
  t.equal(print(Buffer.concat([varint(5, 1), varint(1, 9)])).toString(), '{"size":null,"other":"size_1"}')
})

t.test('a value of a map that is not there is the first of the enum', async t => {
  t.equal(
    compileToJson(ClosedSchema, { implicitFields: false, enums: 'name' })(message(3, text(1, 'a'))).toString(),
    '{"by_name":{"a":"SIZE_1"}}'
  )
})
