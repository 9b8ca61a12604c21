import { ScalarType } from '@bufbuild/protobuf'
import { NullValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import {
  enumReader,
  enumTextReader,
  type ReadText,
  type ReadValue,
  scalarReader,
  scalarTextReader
} from '../../../lib/codec/read-scalar.ts'
import { Violations } from '../../../lib/codec/violations.ts'
import { AliasedSchema, ColorSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'

/** The value that is read, or what is wrong with it. */
function outcome(read: ReadValue | ReadText, input: unknown): unknown {
  const errors = new Violations()
  const value = (read as ReadValue)(input, errors)
  return errors.list[0]?.description ?? value
}

const INT32_TYPES = [ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32]
const UINT32_TYPES = [ScalarType.UINT32, ScalarType.FIXED32]
const INT64_TYPES = [ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64]
const UINT64_TYPES = [ScalarType.UINT64, ScalarType.FIXED64]

/** Texts and values that are read as no integer of any width. */
const NO_INTEGERS: unknown[] = [
  ...[
    '',
    ' ',
    '+5',
    '007',
    '-007',
    '00',
    '-0',
    ' 1',
    '1 ',
    '\t1',
    '1e3',
    '1E2',
    '0x1',
    '1.0',
    '1.',
    '.5',
    '1_000',
    'NaN'
  ],
  ...['Infinity', '٣', '1n', '--1', 'null', '9'.repeat(21), '9'.repeat(100_000)],
  ...[0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined, [], [1], {}, 1n]
]

t.test('integers are read from numbers and from plain digits, within their range', async t => {
  const table: [types: ScalarType[], read: [unknown, unknown][], range: string, refused: unknown[]][] = [
    [
      INT32_TYPES,
      [
        [0, 0],
        ['0', 0],
        [-2147483648, -2147483648],
        ['2147483647', 2147483647],
        ['-1', -1]
      ],
      '-2147483648 to 2147483647',
      [2147483648, '2147483648', -2147483649, '-2147483649']
    ],
    [
      UINT32_TYPES,
      [
        [0, 0],
        ['4294967295', 4294967295],
        [4294967295, 4294967295]
      ],
      '0 to 4294967295',
      [4294967296, '4294967296', -1, '-1']
    ],
    [
      INT64_TYPES,
      [
        [0, 0n],
        [9007199254740991, 9007199254740991n],
        [-9007199254740991, -9007199254740991n],
        ['9007199254740993', 9007199254740993n],
        ['-9223372036854775808', -(2n ** 63n)],
        ['9223372036854775807', 2n ** 63n - 1n]
      ],
      '-9223372036854775808 to 9223372036854775807',
      ['9223372036854775808', '-9223372036854775809']
    ],
    [
      UINT64_TYPES,
      [
        [0, 0n],
        ['18446744073709551615', 2n ** 64n - 1n]
      ],
      '0 to 18446744073709551615',
      ['18446744073709551616', -1, '-1']
    ]
  ]
  for (const [types, accepted, range, refused] of table) {
    for (const type of types) {
      const read = scalarReader(type)
      for (const [input, value] of accepted) t.equal(outcome(read, input), value, `${ScalarType[type]} ${input}`)
      for (const input of [...refused, ...NO_INTEGERS]) {
        const shown = typeof input === 'object' ? JSON.stringify(input) : String(input).slice(0, 30)
        t.equal(outcome(read, input), `must be an integer from ${range}`, `${ScalarType[type]} ${shown}`)
      }
    }
  }
})

t.test('a 64-bit integer beyond 2^53 has to be a string, as the number is another one already', async t => {
  for (const type of [...INT64_TYPES, ...UINT64_TYPES]) {
    // biome-ignore lint/correctness/noPrecisionLoss: this is what it is about.
    for (const input of [9007199254740993, 9007199254740992, 1e300]) {
      t.equal(outcome(scalarReader(type), input), 'must be a string when it is beyond 9007199254740991')
    }
  }
})

t.test('64-bit integers of fields with jstype = JS_STRING become strings', async t => {
  t.equal(outcome(scalarReader(ScalarType.INT64, true), 5), '5')
  t.equal(outcome(scalarReader(ScalarType.UINT64, true), '18446744073709551615'), '18446744073709551615')
  t.match(outcome(scalarReader(ScalarType.INT64, true), '+5'), /must be an integer/)
})

t.test('numbers are read from JSON numbers, their text, and the names of those that JSON lacks', async t => {
  const values: [input: unknown, value: number][] = [
    [1.5, 1.5],
    [-0, -0],
    ['1.5', 1.5],
    ['-1e3', -1000],
    ['1E+2', 100],
    ['0.5', 0.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY]
  ]
  const refused = [
    '',
    ' 1',
    '+1',
    '.5',
    '1.',
    '01',
    '0x1',
    '1e',
    'nan',
    'inf',
    '1,5',
    Number.POSITIVE_INFINITY,
    '1e400',
    Number.NaN,
    true,
    null,
    [],
    {}
  ]
  for (const [type, name] of [
    [ScalarType.DOUBLE, 'double'],
    [ScalarType.FLOAT, 'float']
  ] as const) {
    for (const [input, value] of values) t.ok(Object.is(outcome(scalarReader(type), input), value), `${name} ${input}`)
    for (const input of refused) {
      t.equal(outcome(scalarReader(type), input), `must be a number that fits a ${name}`, `${name} ${input}`)
    }
  }
  t.equal(outcome(scalarReader(ScalarType.FLOAT), 1e39), 'must be a number that fits a float')
  t.equal(outcome(scalarReader(ScalarType.FLOAT), 3.4028234663852886e38), 3.4028234663852886e38)
  t.equal(outcome(scalarReader(ScalarType.DOUBLE), 1e39), 1e39)
})

t.test('a bool is true or false', async t => {
  const json = scalarReader(ScalarType.BOOL)
  const text = scalarTextReader(ScalarType.BOOL)
  for (const value of [true, false]) {
    t.equal(outcome(json, value), value)
    t.equal(outcome(text, String(value)), value)
  }
  for (const input of ['true', 'false', 1, 0, null, '']) t.equal(outcome(json, input), 'must be true or false')
  for (const input of ['1', '0', 'True', 'TRUE', 't', 'yes', '', ' true'])
    t.equal(outcome(text, input), 'must be true or false')
})

t.test('a string is Unicode text', async t => {
  const read = scalarReader(ScalarType.STRING)
  for (const value of ['', 'é', '😀', '\u0000', '\ufeff']) t.equal(outcome(read, value), value)
  for (const input of [1, null, true, [], {}]) t.equal(outcome(read, input), 'must be a string')
  for (const input of ['\ud800', 'a\udc00b', '\ude00\ud83d']) {
    t.equal(outcome(read, input), 'must be Unicode text without lone surrogates')
  }
})

t.test('bytes are base64 of either alphabet, padded or not', async t => {
  const read = scalarReader(ScalarType.BYTES)
  const values: [text: string, bytes: number[]][] = [
    ['', []],
    ['AQ==', [1]],
    ['AQ', [1]],
    ['AQI=', [1, 2]],
    ['AQI', [1, 2]],
    ['AQID', [1, 2, 3]],
    ['++//', [0xfb, 0xef, 0xff]],
    ['--__', [0xfb, 0xef, 0xff]]
  ]
  for (const [text, bytes] of values) t.same(outcome(read, text), new Uint8Array(bytes), text)
  for (const input of [
    'A',
    'AQ=',
    'AQ===',
    'AQI==',
    'AQID=',
    'AQID====',
    '=',
    '====',
    'A Q',
    'AQ\n',
    'A*==',
    'é',
    'AQ==AQ==',
    1,
    null
  ]) {
    t.equal(outcome(read, input), 'must be bytes in base64', String(input))
  }
  t.equal((outcome(read, 'A'.repeat(8_000_000)) as Uint8Array).length, 6_000_000, 'however long')
  t.notOk(Buffer.isBuffer(outcome(read, 'AQ')))
})

t.test('an enum is read by number from JSON numbers, and from digits in text only', async t => {
  t.equal(outcome(enumReader(ColorSchema), 1), 1)
  t.equal(outcome(enumReader(ColorSchema), 99), 99, 'a number of a newer version')
  t.match(outcome(enumReader(ColorSchema), '1'), /has no value "1"/)
  t.equal(outcome(enumTextReader(ColorSchema), '1'), 1)
  t.equal(outcome(enumTextReader(ColorSchema), '-1'), -1)
  t.equal(outcome(enumTextReader(ColorSchema), 'light_blue'), 3)
  t.equal(outcome(enumTextReader(AliasedSchema), 'also_first'), 1)
  for (const text of ['+1', '01', ' 1', '1.0', '', 'Red', 'lightBlue']) {
    t.match(outcome(enumTextReader(ColorSchema), text), /^has no value "/, text)
  }
  t.equal(outcome(enumTextReader(ColorSchema), '2147483648'), 'must be the name or the number of a value')
  t.equal(outcome(enumReader({ ...ColorSchema, open: false }), 99), 'must be the name or the number of a value')
})

t.test('the only NullValue is null', async t => {
  for (const input of [null, 'NULL_VALUE', 0]) t.equal(outcome(enumReader(NullValueSchema), input), 0)
  for (const input of [1, 'null', false]) t.equal(outcome(enumReader(NullValueSchema), input), 'must be null')
})
