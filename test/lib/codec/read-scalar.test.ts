import { ScalarType } from '@bufbuild/protobuf'
import t from 'tap'
import { enumTextReader, type ReadText, scalarTextReader } from '../../../lib/codec/read-scalar.ts'
import { AliasedSchema, ColorSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './read-outcome.ts'

const INT32_TYPES = [ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32]
const UINT32_TYPES = [ScalarType.UINT32, ScalarType.FIXED32]
const INT64_TYPES = [ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64]
const UINT64_TYPES = [ScalarType.UINT64, ScalarType.FIXED64]

/** Texts that are no integer of any width. */
const NO_INTEGERS = [
  ...['', ' ', '+5', '007', '-007', '00', '-0', ' 1', '1 ', '\t1', '1e3', '1E2', '0x1', '1.0', '1.', '.5', '1_000'],
  ...['NaN', 'Infinity', '٣', '1n', '--1', 'null', 'true', '9'.repeat(21), '9'.repeat(100_000)]
]

t.test('integers are plain digits, within their range', async t => {
  const table: [types: ScalarType[], read: [string, unknown][], range: string, refused: string[]][] = [
    [
      INT32_TYPES,
      [
        ['0', 0],
        ['-1', -1],
        ['-2147483648', -2147483648],
        ['2147483647', 2147483647]
      ],
      '-2147483648 to 2147483647',
      ['2147483648', '-2147483649']
    ],
    [
      UINT32_TYPES,
      [
        ['0', 0],
        ['4294967295', 4294967295]
      ],
      '0 to 4294967295',
      ['4294967296', '-1']
    ],
    [
      INT64_TYPES,
      [
        ['0', 0n],
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
        ['0', 0n],
        ['18446744073709551615', 2n ** 64n - 1n]
      ],
      '0 to 18446744073709551615',
      ['18446744073709551616', '-1']
    ]
  ]
  for (const [types, accepted, range, refused] of table) {
    for (const type of types) {
      const read = scalarTextReader(type)
      for (const [text, value] of accepted) t.equal(outcome(read, text), value, `${ScalarType[type]} ${text}`)
      for (const text of [...refused, ...NO_INTEGERS]) {
        t.equal(outcome(read, text), `must be an integer from ${range}`, `${ScalarType[type]} ${text.slice(0, 30)}`)
      }
    }
  }
})

t.test('64-bit integers of fields with jstype = JS_STRING become strings', async t => {
  t.equal(outcome(scalarTextReader(ScalarType.INT64, true), '-5'), '-5')
  t.equal(outcome(scalarTextReader(ScalarType.UINT64, true), '18446744073709551615'), '18446744073709551615')
  t.match(outcome(scalarTextReader(ScalarType.INT64, true), '+5'), /must be an integer/)
})

t.test('numbers are written as in JSON, and those that JSON lacks by their names', async t => {
  const values: [text: string, value: number][] = [
    ['1.5', 1.5],
    ['-0', -0],
    ['-1e3', -1000],
    ['1E+2', 100],
    ['0.5', 0.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY]
  ]
  const refused = ['', ' 1', '+1', '.5', '1.', '01', '0x1', '1e', 'nan', 'inf', '1,5', '1e400', 'true']
  for (const [type, name] of [
    [ScalarType.DOUBLE, 'double'],
    [ScalarType.FLOAT, 'float']
  ] as const) {
    const read = scalarTextReader(type)
    for (const [text, value] of values) t.ok(Object.is(outcome(read, text), value), `${name} ${text}`)
    for (const text of refused) t.equal(outcome(read, text), `must be a number that fits a ${name}`, `${name} ${text}`)
  }
})

t.test('a float is what a float can be', async t => {
  const read = scalarTextReader(ScalarType.FLOAT)
  t.equal(outcome(read, '1.1'), Math.fround(1.1))
  t.equal(outcome(read, '3.4028234663852886e38'), 3.4028234663852886e38)
  t.equal(outcome(read, '1e39'), 'must be a number that fits a float')
  t.equal(outcome(scalarTextReader(ScalarType.DOUBLE), '1e39'), 1e39)
})

t.test('a bool is true or false', async t => {
  const read = scalarTextReader(ScalarType.BOOL)
  for (const value of [true, false]) t.equal(outcome(read, String(value)), value)
  for (const text of ['1', '0', 'True', 'TRUE', 't', 'yes', '', ' true']) {
    t.equal(outcome(read, text), 'must be true or false', text)
  }
})

t.test('a string is Unicode text', async t => {
  const read = scalarTextReader(ScalarType.STRING)
  for (const value of ['', 'é', '😀', '\u0000', '\ufeff']) t.equal(outcome(read, value), value)
  for (const text of ['\ud800', 'a\udc00b', '\ude00\ud83d']) {
    t.equal(outcome(read, text), 'must be Unicode text without lone surrogates')
  }
})

t.test('bytes are base64 of either alphabet, padded or not', async t => {
  const read = scalarTextReader(ScalarType.BYTES)
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
  const no = ['A', 'AQ=', 'AQ===', 'AQI==', 'AQID=', 'AQID====', '=', '====', 'A Q', 'AQ\n', 'A*==', 'é', 'AQ==AQ==']
  for (const text of no) t.equal(outcome(read, text), 'must be bytes in base64', text)
  t.equal((outcome(read, 'A'.repeat(8_000_000)) as Uint8Array).length, 6_000_000, 'however long')
  t.notOk(Buffer.isBuffer(outcome(read, 'AQ')))
})

t.test('an enum is its name, its short name or its number', async t => {
  const read: ReadText = enumTextReader(ColorSchema)
  const values: [text: string, number: number][] = [
    ['1', 1],
    ['-1', -1],
    ['COLOR_RED', 1],
    ['light_blue', 3],
    ['99', 99]
  ]
  for (const [text, number] of values) t.equal(outcome(read, text), number, text)
  t.equal(outcome(enumTextReader(AliasedSchema), 'also_first'), 1)
  for (const text of ['+1', '01', ' 1', '1.0', '', 'Red', 'lightBlue']) {
    t.match(outcome(read, text), /^has no value "/, text)
  }
  t.equal(outcome(read, 'redd'), 'has no value "redd", did you mean "red"?')
  t.equal(outcome(read, '2147483648'), 'must be the name or the number of a value')
  t.equal(outcome(enumTextReader({ ...ColorSchema, open: false }), '99'), 'must be the name or the number of a value')
})
