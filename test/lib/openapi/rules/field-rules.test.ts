import { Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { holdToValidator, lower, type Row, rulesOf } from './agreement.ts'

const text = (rules: object): Pick<Row, 'type' | 'rules'> => ({ type: 'STRING', rules: rulesOf('string', rules) })
const wellKnown = (kind: string, value: unknown = true) => text({ wellKnown: { case: kind, value } })
const int = (rules: object): Pick<Row, 'type' | 'rules'> => ({ type: 'INT32', rules: rulesOf('int32', rules) })
const uuid = '0198c2d4-0000-7000-8000-0000000000a1'

holdToValidator({
  'bool.const': {
    type: 'BOOL',
    rules: rulesOf('bool', { const: true }),
    says: { const: true },
    takes: [true],
    refuses: [false]
  },
  'enum.not_in': {
    type: 'Color',
    rules: rulesOf('enum', { notIn: [0] }),
    says: { enum: ['red', 'blue'] },
    takes: ['COLOR_RED'],
    refuses: ['COLOR_NONE']
  },
  'enum.in': {
    type: 'Color',
    rules: rulesOf('enum', { in: [1] }),
    says: { enum: ['red'] },
    takes: ['COLOR_RED'],
    refuses: ['COLOR_BLUE']
  },
  'enum.const': {
    type: 'Color',
    rules: rulesOf('enum', { const: 2 }),
    says: { enum: ['blue'] },
    takes: ['COLOR_BLUE'],
    refuses: ['COLOR_RED']
  },
  'repeated.min_items': {
    type: 'INT32',
    kind: 'repeated',
    rules: rulesOf('repeated', { minItems: 2n }),
    says: { minItems: 2 },
    takes: [[1, 2]],
    refuses: [[1]]
  },
  'repeated.max_items': {
    type: 'INT32',
    kind: 'repeated',
    rules: rulesOf('repeated', { maxItems: 1n }),
    says: { maxItems: 1 },
    takes: [[1]],
    refuses: [[1, 2]]
  },
  'repeated.unique': {
    type: 'INT32',
    kind: 'repeated',
    rules: rulesOf('repeated', { unique: true }),
    says: { uniqueItems: true },
    takes: [[1, 2]],
    refuses: [[1, 1]]
  },
  'repeated.items': {
    type: 'INT32',
    kind: 'repeated',
    rules: rulesOf('repeated', { items: int(lower('gt', 0)).rules }),
    says: { items: { type: 'integer', format: 'int32', exclusiveMinimum: 0 } },
    takes: [[1], []],
    refuses: [[1, 0]]
  },
  'map.min_pairs': {
    type: 'INT32',
    kind: 'map',
    rules: rulesOf('map', { minPairs: 1n }),
    says: { minProperties: 1 },
    takes: [{ a: 1 }],
    refuses: [{}]
  },
  'map.max_pairs': {
    type: 'INT32',
    kind: 'map',
    rules: rulesOf('map', { maxPairs: 1n }),
    says: { maxProperties: 1 },
    takes: [{ a: 1 }],
    refuses: [{ a: 1, b: 2 }]
  },
  'map.keys': {
    type: 'INT32',
    kind: 'map',
    rules: rulesOf('map', { keys: text({ minLen: 2n }).rules }),
    says: { propertyNames: { type: 'string', minLength: 2 } },
    takes: [{ ab: 1 }],
    refuses: [{ a: 1 }]
  },
  'map.values': {
    type: 'INT32',
    kind: 'map',
    rules: rulesOf('map', { values: int(lower('gt', 0)).rules }),
    says: {},
    takes: [{ a: 1 }],
    refuses: [{ a: 0 }]
  },
  'a rule of a wrapper': {
    type: 'google.protobuf.Int32Value',
    rules: rulesOf('int32', lower('gt', 0)),
    says: { exclusiveMinimum: 0 },
    takes: [1],
    refuses: [0]
  },
  'cel, with a message': {
    type: 'STRING',
    rules: { cel: [{ id: 'a', message: 'must be even', expression: 'size(this) % 2 == 0' }] },
    says: 'Rule: must be even.',
    takes: ['ab'],
    refuses: []
  },
  'cel, without a message': {
    type: 'STRING',
    rules: { cel: [{ id: 'a', expression: "this == 'a' ? '' : 'no'" }] },
    says: "Must satisfy `this == 'a' ? '' : 'no'`.",
    takes: ['a'],
    refuses: []
  },
  'ignore if zero, with presence': {
    type: 'STRING',
    rules: { ...wellKnown('uuid').rules, ignore: Ignore.IF_ZERO_VALUE },
    says: { type: 'string', format: 'uuid' },
    takes: [uuid],
    refuses: ['', 'a']
  },
  'ignore if zero, without presence': {
    type: 'STRING',
    kind: 'implicit',
    rules: { ...wellKnown('uuid').rules, ignore: Ignore.IF_ZERO_VALUE },
    says: { anyOf: [{ const: '' }, { type: 'string', format: 'uuid' }] },
    takes: ['', uuid],
    refuses: ['a']
  },
  'ignore if zero, of an enum': {
    type: 'Color',
    kind: 'implicit',
    rules: { ...rulesOf('enum', { in: [2] }), ignore: Ignore.IF_ZERO_VALUE },
    says: { enum: ['none', 'blue'] },
    takes: ['COLOR_NONE', 'COLOR_BLUE'],
    refuses: ['COLOR_RED']
  },
  'ignore if zero, of a list': {
    type: 'INT32',
    kind: 'repeated',
    rules: { ...rulesOf('repeated', { minItems: 2n }), ignore: Ignore.IF_ZERO_VALUE },
    says: { anyOf: [{ maxItems: 0 }, { minItems: 2 }] },
    takes: [[], [1, 2]],
    refuses: [[1]]
  },
  'ignore if zero, of elements': {
    type: 'INT32',
    kind: 'repeated',
    rules: rulesOf('repeated', { items: { ...int(lower('gt', 5)).rules, ignore: Ignore.IF_ZERO_VALUE } }),
    says: { items: { anyOf: [{ const: 0 }, { exclusiveMinimum: 5 }] } },
    takes: [[0, 6]],
    refuses: [[1]]
  },
  'ignore always': {
    type: 'STRING',
    rules: { ...wellKnown('uuid').rules, ignore: Ignore.ALWAYS },
    says: { type: 'string' },
    takes: ['', 'a'],
    refuses: []
  }
})
