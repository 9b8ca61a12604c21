import { create, createFileRegistry, type DescMessage, type MessageInitShape, setExtension } from '@bufbuild/protobuf'
import {
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  MessageOptionsSchema,
  FieldDescriptorProto_Type as Type
} from '@bufbuild/protobuf/wkt'
import {
  FieldRulesSchema,
  field as fieldRules,
  MessageRulesSchema,
  message as messageRules
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

/** A field of the messages below. */
export function fieldOf(
  number: number,
  init: MessageInitShape<typeof FieldDescriptorProtoSchema>,
  rules?: MessageInitShape<typeof FieldRulesSchema>
): FieldDescriptorProto {
  const field = create(FieldDescriptorProtoSchema, { number, type: Type.STRING, label: Label.OPTIONAL, ...init })
  if (rules !== undefined) {
    field.options = create(FieldOptionsSchema)
    setExtension(field.options, fieldRules, create(FieldRulesSchema, rules))
  }
  return field
}

/** The message test.Outer of these fields, and test.Inner, which they may hold. */
export function messageOf(
  fields: FieldDescriptorProto[],
  {
    inner = [],
    rules,
    syntax = 'proto3'
  }: {
    inner?: FieldDescriptorProto[]
    rules?: MessageInitShape<typeof MessageRulesSchema>
    syntax?: 'proto2' | 'proto3'
  } = {}
): DescMessage {
  const options = create(MessageOptionsSchema)
  if (rules !== undefined) setExtension(options, messageRules, create(MessageRulesSchema, rules))
  const file = create(FileDescriptorProtoSchema, {
    name: 'test.proto',
    package: 'test',
    syntax,
    messageType: [
      { name: 'Outer', field: fields, ...(rules !== undefined && { options }) },
      { name: 'Inner', field: inner }
    ]
  })
  return createFileRegistry(file, () => undefined).getMessage('test.Outer')!
}

/** A field that holds test.Inner. */
export const innerField: MessageInitShape<typeof FieldDescriptorProtoSchema> = {
  name: 'inner',
  type: Type.MESSAGE,
  typeName: '.test.Inner'
}
