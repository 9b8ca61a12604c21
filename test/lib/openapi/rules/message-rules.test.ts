import { holdToValidator, lower, rulesOf, upper } from './agreement.ts'

const at = (seconds: number) => ({ seconds: BigInt(seconds), nanos: 0 })

holdToValidator({
  'timestamp.gt': {
    type: 'google.protobuf.Timestamp',
    rules: rulesOf('timestamp', lower('gt', at(0))),
    says: 'Must be after `1970-01-01T00:00:00Z`.',
    takes: ['2020-01-01T00:00:00Z'],
    refuses: []
  },
  'timestamp.lt_now': {
    type: 'google.protobuf.Timestamp',
    rules: rulesOf('timestamp', upper('ltNow', true)),
    says: 'Must be in the past.',
    takes: ['2020-01-01T00:00:00Z'],
    refuses: []
  },
  'duration.lte': {
    type: 'google.protobuf.Duration',
    rules: rulesOf('duration', upper('lte', at(5))),
    says: 'Must be `5s` or shorter.',
    takes: ['5s'],
    refuses: []
  },
  'duration.in': {
    type: 'google.protobuf.Duration',
    rules: rulesOf('duration', { in: [at(1), at(2)] }),
    says: 'One of `1s`, `2s`.',
    takes: ['2s'],
    refuses: []
  },
  'field_mask.in': {
    type: 'google.protobuf.FieldMask',
    rules: rulesOf('fieldMask', { in: ['a', 'b'] }),
    says: 'Field paths, separated by commas. Only the paths `a`, `b`, or what is in them.',
    takes: ['a'],
    refuses: []
  }
})
