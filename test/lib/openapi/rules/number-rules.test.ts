import { holdToValidator, lower, type Row, rulesOf, upper } from './agreement.ts'

const int = (rules: object): Pick<Row, 'type' | 'rules'> => ({ type: 'INT32', rules: rulesOf('int32', rules) })

holdToValidator({
  'int32.const': { ...int({ const: 5 }), says: { const: 5 }, takes: [5], refuses: [6] },
  'int32.lt': { ...int(upper('lt', 5)), says: { exclusiveMaximum: 5 }, takes: [4], refuses: [5] },
  'int32.lte': { ...int(upper('lte', 5)), says: { maximum: 5 }, takes: [5], refuses: [6] },
  'int32.gt': { ...int(lower('gt', 5)), says: { exclusiveMinimum: 5 }, takes: [6], refuses: [5] },
  'int32.gte': { ...int(lower('gte', 5)), says: { minimum: 5 }, takes: [5], refuses: [4] },
  'int32.gte and lte': {
    ...int({ ...lower('gte', 1), ...upper('lte', 3) }),
    says: { minimum: 1, maximum: 3 },
    takes: [1, 3],
    refuses: [0, 4]
  },
  'int32.gt above lt': {
    ...int({ ...lower('gt', 5), ...upper('lt', 3) }),
    says: { anyOf: [{ exclusiveMinimum: 5 }, { exclusiveMaximum: 3 }] },
    takes: [2, 6],
    refuses: [3, 4, 5]
  },
  'int32.in': { ...int({ in: [1, 2] }), says: { enum: [1, 2] }, takes: [1], refuses: [3] },
  'int32.not_in': { ...int({ notIn: [0] }), says: { not: { enum: [0] } }, takes: [1], refuses: [0] },
  'uint32.gte': {
    type: 'UINT32',
    rules: rulesOf('uint32', lower('gte', 5)),
    says: { allOf: [{ minimum: 5 }] },
    takes: [5],
    refuses: [4]
  },
  'int64.gte, a string': {
    type: 'INT64',
    rules: rulesOf('int64', lower('gte', 5n)),
    says: 'Must be at least `5`.',
    takes: ['5'],
    refuses: []
  },
  'int64.gt above lt, a string': {
    type: 'INT64',
    rules: rulesOf('int64', { ...lower('gt', 5n), ...upper('lt', 3n) }),
    says: 'Must be greater than `5` or less than `3`.',
    takes: ['6', '2'],
    refuses: []
  },
  'int64.in': {
    type: 'INT64',
    rules: rulesOf('int64', { in: [1n, 2n] }),
    says: { enum: ['1', '2'] },
    takes: ['1'],
    refuses: ['3']
  },
  'double.lte': {
    type: 'DOUBLE',
    rules: rulesOf('double', upper('lte', 0.5)),
    says: { type: 'number', maximum: 0.5 },
    takes: [0.5],
    refuses: [0.6]
  },
  'double.finite': {
    type: 'DOUBLE',
    rules: rulesOf('double', { finite: true }),
    says: { type: 'number' },
    takes: [1.5],
    refuses: ['Infinity', 'NaN']
  }
})
