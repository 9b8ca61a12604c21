import { create, createFileRegistry, type DescExtension, type DescMessage, type FileRegistry } from '@bufbuild/protobuf'
import {
  Edition,
  FeatureSet_MessageEncoding,
  FeatureSetSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema
} from '@bufbuild/protobuf/wkt'

const { OPTIONAL, REQUIRED, REPEATED } = FieldDescriptorProto_Label
const { INT32, STRING, ENUM, GROUP, MESSAGE } = FieldDescriptorProto_Type

type FieldParts = Omit<Partial<FieldDescriptorProto>, '$typeName' | '$unknown'>

function field(name: string, number: number, type: FieldDescriptorProto_Type, parts: FieldParts = {}) {
  return create(FieldDescriptorProtoSchema, { name, number, type, label: OPTIONAL, jsonName: name, ...parts })
}

/** A message of proto2, with all that proto3 has no more. */
const proto2 = create(FileDescriptorProtoSchema, {
  name: 'legacy/proto2.proto',
  package: 'legacy',
  syntax: 'proto2',
  enumType: [{ name: 'Size', value: [1, 2, 3].map(number => ({ name: `SIZE_${number}`, number })) }],
  messageType: [
    {
      name: 'Message',
      field: [
        field('required', 1, INT32, { label: REQUIRED }),
        field('size', 2, ENUM, { typeName: '.legacy.Size' }),
        field('sizes', 3, ENUM, { typeName: '.legacy.Size', label: REPEATED }),
        field('single', 4, GROUP, { typeName: '.legacy.Message.Single' }),
        field('several', 5, GROUP, { typeName: '.legacy.Message.Several', label: REPEATED }),
        field('numbers', 6, INT32, { label: REPEATED }),
        field('text', 7, STRING, { defaultValue: 'default' })
      ],
      nestedType: [
        {
          name: 'Single',
          field: [field('text', 1, STRING), field('inner', 20, MESSAGE, { typeName: '.legacy.Message' })]
        },
        { name: 'Several', field: [field('text', 1, STRING)] }
      ],
      extensionRange: [{ start: 100, end: 1000 }]
    },
    {
      name: 'Crossed',
      field: [
        field('first', 1, INT32, { jsonName: 'second_name' }),
        field('second_name', 2, INT32, { jsonName: 'secondName' })
      ]
    },
    { name: 'Other', extensionRange: [{ start: 100, end: 1000 }] }
  ],
  extension: [
    field('number', 100, INT32, { extendee: '.legacy.Message', jsonName: '[legacy.number]' }),
    field('message', 101, MESSAGE, { extendee: '.legacy.Message', typeName: '.legacy.Message' }),
    field('texts', 102, STRING, { extendee: '.legacy.Message', label: REPEATED }),
    field('of_other', 100, INT32, { extendee: '.legacy.Other' })
  ]
})

/** A message of edition 2023 that has its submessages between tags rather than behind a length. */
const edition2023 = create(FileDescriptorProtoSchema, {
  name: 'legacy/edition.proto',
  package: 'edition',
  syntax: 'editions',
  edition: Edition.EDITION_2023,
  options: { features: create(FeatureSetSchema, { messageEncoding: FeatureSet_MessageEncoding.DELIMITED }) },
  messageType: [
    {
      name: 'Message',
      field: [
        field('number', 1, INT32),
        field('child', 2, MESSAGE, { typeName: '.edition.Message' }),
        field('children', 3, MESSAGE, { typeName: '.edition.Message', label: REPEATED }),
        field('implicit', 4, INT32, { options: create(FieldOptionsSchema, { features: { fieldPresence: 2 } }) }),
        field('required', 5, INT32, { options: create(FieldOptionsSchema, { features: { fieldPresence: 3 } }) }),
        field('expanded', 6, INT32, {
          label: REPEATED,
          options: create(FieldOptionsSchema, { features: { repeatedFieldEncoding: 2 } })
        })
      ]
    }
  ]
})

export const legacyTypes: FileRegistry = createFileRegistry(proto2, () => undefined)
export const LegacySchema: DescMessage = legacyTypes.getMessage('legacy.Message')!
/** A message of which one field has the proto name of another as its JSON name. */
export const CrossedSchema: DescMessage = legacyTypes.getMessage('legacy.Crossed')!
export const numberExtension: DescExtension = legacyTypes.getExtension('legacy.number')!
export const EditionSchema: DescMessage = createFileRegistry(edition2023, () => undefined).getMessage(
  'edition.Message'
)!
