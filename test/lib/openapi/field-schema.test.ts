import type { DescField, DescMessage } from '@bufbuild/protobuf'
import t from 'tap'
import type { Dialect } from '../../../lib/openapi/dialect.ts'
import { fieldSchema } from '../../../lib/openapi/field-schema.ts'
import { objectSchema } from '../../../lib/openapi/message-schema.ts'
import type { Schema } from '../../../lib/openapi/types.ts'
import {
  MapsSchema,
  NamesSchema,
  NestedSchema,
  OneofsSchema,
  OptionalsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  WellKnownSchema
} from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { requestDialect } from './dialect.ts'

const long = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' }
const unsignedLong = { type: 'string', format: 'uint64', pattern: '^[0-9]+$' }
const float = {
  anyOf: [
    { type: 'number', format: 'double' },
    { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] }
  ]
}
const color = { $ref: '#/components/schemas/fixture.v1.Color' }

const rows: [desc: DescMessage, field: string, schema: object, dialect?: Partial<Dialect>][] = [
  [ScalarsSchema, 'double_value', float],
  [ScalarsSchema, 'int32_value', { type: 'integer', format: 'int32' }],
  [ScalarsSchema, 'sfixed32_value', { type: 'integer', format: 'int32' }],
  [ScalarsSchema, 'uint32_value', { type: 'integer', format: 'uint32', minimum: 0 }],
  [ScalarsSchema, 'int64_value', long],
  [ScalarsSchema, 'fixed64_value', unsignedLong],
  [ScalarsSchema, 'int64_value', { ...long, type: ['integer', 'string'] }, { int64: 'number' }],
  [ScalarsSchema, 'int64_value', { type: 'integer', format: 'int64' }, { side: 'text' }],
  [ScalarsSchema, 'uint64_value', { type: 'integer', format: 'uint64', minimum: 0 }, { side: 'text' }],
  [ScalarsSchema, 'bool_value', { type: 'boolean' }],
  [ScalarsSchema, 'string_value', { type: 'string' }],
  [ScalarsSchema, 'bytes_value', { type: 'string', contentEncoding: 'base64' }],
  [ScalarsSchema, 'enum_value', color],
  [OptionalsSchema, 'int32_value', { type: 'integer', format: 'int32' }],
  [
    OptionalsSchema,
    'int32_value',
    { type: ['integer', 'null'], format: 'int32' },
    { side: 'response', isNullable: () => true }
  ],
  [OptionalsSchema, 'enum_value', { anyOf: [color, { type: 'null' }] }, { side: 'response', isNullable: () => true }],
  [RepeatedsSchema, 'int64_values', { type: 'array', items: long }],
  [RepeatedsSchema, 'message_values', { type: 'array', items: { $ref: '#/components/schemas/fixture.v1.Scalars' } }],
  [MapsSchema, 'string_to_int64', { type: 'object', additionalProperties: long }],
  [
    MapsSchema,
    'bool_to_string',
    { type: 'object', propertyNames: { enum: ['true', 'false'] }, additionalProperties: { type: 'string' } }
  ],
  [
    MapsSchema,
    'int32_to_string',
    {
      type: 'object',
      propertyNames: { type: 'string', pattern: '^-?[0-9]+$' },
      additionalProperties: { type: 'string' }
    }
  ],
  [NestedSchema, 'child', { $ref: '#/components/schemas/fixture.v1.Nested' }],
  [OneofsSchema, 'nothing', { type: 'null' }],
  [OneofsSchema, 'empty', { type: 'object' }],
  [WellKnownSchema, 'timestamp', { type: 'string', format: 'date-time' }],
  [WellKnownSchema, 'duration', { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' }],
  [WellKnownSchema, 'field_mask', { type: 'string', description: 'Field paths, separated by commas.' }],
  [WellKnownSchema, 'struct', { type: 'object' }],
  [WellKnownSchema, 'value', {}],
  [WellKnownSchema, 'list_value', { type: 'array', items: {} }],
  [WellKnownSchema, 'int64_wrapper', long],
  [WellKnownSchema, 'bool_wrapper', { type: 'boolean' }],
  [WellKnownSchema, 'int64_wrappers', { type: 'array', items: long }]
]

function fieldOf(desc: DescMessage, name: string): DescField {
  return desc.fields.find(field => field.name === name)!
}

function plain(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema))
}

for (const [desc, name, schema, dialect = {}] of rows) {
  t.test(`${desc.name}.${name} ${JSON.stringify(dialect)}`, async t => {
    t.same(plain(fieldSchema(fieldOf(desc, name), requestDialect(dialect))), schema)
  })
}

t.test('an Any has a type, and whatever the type has', async t => {
  const schema = plain(fieldSchema(fieldOf(WellKnownSchema, 'any'), requestDialect()))
  t.match(schema, { type: 'object', required: ['@type'], additionalProperties: true })
})

t.test('an enum is its names, or its numbers, as it is printed', async t => {
  const styles: [enums: Dialect['enums'], schema: object][] = [
    ['short', { type: 'string', enum: ['unspecified', 'red', 'green', 'light_blue', 'negative'] }],
    [
      'name',
      { type: 'string', enum: ['COLOR_UNSPECIFIED', 'COLOR_RED', 'COLOR_GREEN', 'COLOR_LIGHT_BLUE', 'COLOR_NEGATIVE'] }
    ],
    ['number', { type: 'integer', enum: [0, 1, 2, 3, -1] }]
  ]
  for (const [enums, schema] of styles) {
    const dialect = requestDialect({ enums })
    fieldSchema(fieldOf(ScalarsSchema, 'enum_value'), dialect)
    t.match(dialect.components.schemas()['fixture.v1.Color'], schema)
  }
})

t.test('answers always have the fields without presence, unless these are left out when they are zero', async t => {
  const requiredOf = (desc: DescMessage, dialect: Partial<Dialect>) =>
    objectSchema(desc, requestDialect(dialect)).required
  t.equal(requiredOf(ScalarsSchema, { side: 'response' })?.length, ScalarsSchema.fields.length)
  t.equal(requiredOf(ScalarsSchema, { side: 'response', implicitFields: false }), undefined)
  t.equal(requiredOf(OptionalsSchema, { side: 'response' }), undefined)
  t.equal(requiredOf(ScalarsSchema, { side: 'request' }), undefined)
})

t.test('fields are called as they are printed', async t => {
  const namesIn = (fieldNames: Dialect['fieldNames']) =>
    Object.keys(objectSchema(NamesSchema, requestDialect({ fieldNames })).properties!)
  t.match(namesIn('proto'), ['renamed', 'lower_snake_case'])
  t.match(namesIn('json'), ['somethingElse', 'lowerSnakeCase'])
  t.ok(namesIn('proto').includes('__proto__'))
})

t.test('at most one member of a oneof is there', async t => {
  const { oneOf, allOf } = objectSchema(OneofsSchema, requestDialect())
  t.same(oneOf?.slice(0, 2), [{ required: ['text'] }, { required: ['number'] }])
  t.match(oneOf?.at(-1), { not: { anyOf: Array } })
  t.match(allOf, [{ oneOf: [{ required: ['left'] }, { required: ['right'] }, { not: {} }] }])
})
