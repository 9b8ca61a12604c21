import { create, createFileRegistry, type DescMessage, type MessageInitShape, setExtension } from '@bufbuild/protobuf'
import {
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FieldDescriptorProto_Type as FieldType,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Label as Label
} from '@bufbuild/protobuf/wkt'
import {
  type FieldRulesSchema,
  field,
  FieldRulesSchema as Rules
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

const imports = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers
]

/** The types of the fields of `ruledMessage`: a scalar, the enum `Color`, or a well-known type by its name. */
export type RuledType = keyof typeof FieldType | 'Color' | `google.protobuf.${string}`

/** What a field is besides its type: singular with presence, or without, or of several values. */
export type RuledKind = 'singular' | 'implicit' | 'repeated' | 'map'

/** A message with one field, `value`, that has these rules. By default with presence, so that nothing but the value is judged. */
export function ruledMessage(
  type: RuledType,
  rules: MessageInitShape<typeof FieldRulesSchema>,
  kind: RuledKind = 'singular'
): DescMessage {
  const options = create(FieldOptionsSchema)
  setExtension(options, field, create(Rules, rules))
  const hasPresence = kind === 'singular'
  const value = create(FieldDescriptorProtoSchema, {
    ...(kind === 'map' ? { type: FieldType.MESSAGE, typeName: '.test.Ruled.ValueEntry' } : typeOf(type)),
    name: 'value',
    number: 1,
    label: kind === 'repeated' || kind === 'map' ? Label.REPEATED : Label.OPTIONAL,
    options,
    ...(hasPresence && { proto3Optional: true, oneofIndex: 0 })
  })
  const file = {
    name: 'test.proto',
    package: 'test',
    syntax: 'proto3',
    dependency: imports.map(({ proto }) => proto.name),
    enumType: [
      { name: 'Color', value: ['COLOR_NONE', 'COLOR_RED', 'COLOR_BLUE'].map((name, number) => ({ name, number })) }
    ],
    messageType: [
      {
        name: 'Ruled',
        field: [value],
        oneofDecl: hasPresence ? [{ name: '_value' }] : [],
        nestedType: kind === 'map' ? [entryOf(type)] : []
      }
    ]
  }
  const set = create(FileDescriptorSetSchema, { file: [...imports.map(({ proto }) => proto), file] })
  return createFileRegistry(set).getMessage('test.Ruled')!
}

function typeOf(type: RuledType): Pick<FieldDescriptorProto, 'type' | 'typeName'> {
  if (type === 'Color') return { type: FieldType.ENUM, typeName: '.test.Color' }
  if (type.startsWith('google.')) return { type: FieldType.MESSAGE, typeName: `.${type}` }
  return { type: FieldType[type as keyof typeof FieldType], typeName: '' }
}

function entryOf(type: RuledType) {
  const key = { name: 'key', number: 1, label: Label.OPTIONAL, type: FieldType.STRING }
  const value = { name: 'value', number: 2, label: Label.OPTIONAL, ...typeOf(type) }
  return { name: 'ValueEntry', options: { mapEntry: true }, field: [key, value] }
}
