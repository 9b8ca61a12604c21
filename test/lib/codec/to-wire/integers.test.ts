import t from 'tap'
import { ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './to-wire-with.ts'

const INT32_TYPES = ['int32_value', 'sint32_value', 'sfixed32_value']
const UINT32_TYPES = ['uint32_value', 'fixed32_value']
const INT64_TYPES = ['int64_value', 'sint64_value', 'sfixed64_value']
const UINT64_TYPES = ['uint64_value', 'fixed64_value']

const INT32 = 'must be an integer from -2147483648 to 2147483647'
const INT64 = 'must be an integer from -9223372036854775808 to 9223372036854775807'

/** Texts that are an integer for nobody, whatever the width. */
const NO_INTEGERS = [
  ...['', ' ', '+5', '007', '-007', '00', '-', ' 1', '1 ', '\\t1', '0x1', '1.', '.5', '1_000', '1e', '1e+', 'NaN', 'e'],
  ...[
    'Infinity',
    '٣',
    '1n',
    '--1',
    '-+1',
    'null',
    '1.5',
    '15e-1',
    '1,2',
    '9'.repeat(21),
    '1\\u0000',
    '9'.repeat(99_999)
  ]
].map(text => `"${text}"`)
NO_INTEGERS.push('0.5', '1e-1', '1.00001', '1e400', '-1e400', '1e-400', 'true', 'false', '[]', '[1]', '{}', '{"a":1}')

/** Integers in spellings that only ProtoJSON itself takes, and their values. */
const LOOSE: [text: string, value: number][] = [
  ['-0', 0],
  ['1e2', 100],
  ['1E+2', 100],
  ['1.0', 1],
  ['-1.50e1', -15],
  ['1200e-2', 12],
  ['0.00', 0],
  ['0e999999999999', 0],
  [`0.${'0'.repeat(1000)}1e1001`, 1],
  [`${'1'}${'0'.repeat(1000)}e-1000`, 1]
]

t.test('integers are taken from numbers and from strings, within their range', async t => {
  const table: [fields: string[], taken: string[], range: string, refused: string[]][] = [
    [
      INT32_TYPES,
      ['0', '1', '-1', '2147483647', '-2147483648'],
      '-2147483648 to 2147483647',
      ['2147483648', '-2147483649', '4294967296', '9223372036854775808', '18446744073709551616']
    ],
    [UINT32_TYPES, ['0', '1', '4294967295'], '0 to 4294967295', ['4294967296', '-1', '18446744073709551616']],
    [
      INT64_TYPES,
      ['0', '1', '-1', '127', '128', '-128', '4294967296', '-4294967296', '9007199254740991', '-9007199254740991'],
      '-9223372036854775808 to 9223372036854775807',
      ['9223372036854775808', '-9223372036854775809', '18446744073709551616', '99999999999999999999']
    ],
    [UINT64_TYPES, ['0', '4294967295', '9007199254740991'], '0 to 18446744073709551615', ['-1', '18446744073709551616']]
  ]
  for (const [fields, taken, range, refused] of table) {
    for (const field of fields) {
      for (const text of taken) {
        t.equal(String(outcome(ScalarsSchema, field, text)), text, `${field} ${text}`)
        t.equal(String(outcome(ScalarsSchema, field, `"${text}"`)), text, `${field} "${text}"`)
      }
      for (const text of [...refused, ...refused.map(digits => `"${digits}"`), ...NO_INTEGERS]) {
        for (const numbers of ['strict', 'protojson'] as const) {
          const description = outcome(ScalarsSchema, field, text, { numbers })
          t.equal(description, `must be an integer from ${range}`, `${field} ${text.slice(0, 30)} ${numbers}`)
        }
      }
    }
  }
})

t.test('every digit of an integer of 64 bits counts', async t => {
  const signed = [
    '9007199254740993',
    '-9007199254740993',
    '1234567890123456789',
    '9223372036854775807',
    '-9223372036854775808'
  ]
  for (const field of INT64_TYPES) {
    for (const text of signed) t.equal(String(outcome(ScalarsSchema, field, `"${text}"`)), text, field)
  }
  for (const field of UINT64_TYPES) {
    for (const text of ['9007199254740993', '10000000000000000000', '18446744073709551615']) {
      t.equal(String(outcome(ScalarsSchema, field, `"${text}"`)), text, field)
    }
  }
})

t.test('an integer beyond 2^53 has to be a string, as other readers take the number for another one', async t => {
  for (const field of [...INT64_TYPES, ...UINT64_TYPES]) {
    for (const text of ['9007199254740992', '9007199254740993', '9223372036854775807']) {
      t.equal(outcome(ScalarsSchema, field, text), 'must be a string when it is beyond 9007199254740991', text)
      t.equal(outcome(ScalarsSchema, field, text, { numbers: 'protojson' }), BigInt(text), text)
    }
  }
  t.match(outcome(ScalarsSchema, 'int64_value', '-9007199254740992'), /must be a string/)
})

t.test('an integer is written as one, unless all of ProtoJSON is asked for', async t => {
  for (const [text, value] of LOOSE) {
    for (const spelling of [text, `"${text}"`]) {
      t.equal(outcome(ScalarsSchema, 'int32_value', spelling), INT32, spelling.slice(0, 30))
      t.equal(outcome(ScalarsSchema, 'int64_value', spelling), INT64, spelling.slice(0, 30))
      t.equal(outcome(ScalarsSchema, 'int32_value', spelling, { numbers: 'protojson' }), value, spelling.slice(0, 30))
      t.equal(outcome(ScalarsSchema, 'int64_value', spelling, { numbers: 'protojson' }), BigInt(value))
    }
  }
})

t.test('digits in a string may be escaped', async t => {
  t.equal(outcome(ScalarsSchema, 'int32_value', '"\\u0031\\u0032"'), 12)
  t.equal(outcome(ScalarsSchema, 'int64_value', '"-\\u0031"'), -1n)
  t.equal(outcome(ScalarsSchema, 'int32_value', '"\\ud800"'), INT32)
})
