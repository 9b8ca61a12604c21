import fc from 'fast-check'
import t from 'tap'
import { ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './to-wire-with.ts'

t.test('numbers are taken from numbers, from strings, and from the names of those that JSON lacks', async t => {
  const values: [text: string, value: number][] = [
    ['1.5', 1.5],
    ['-0', -0],
    ['-0.0', -0],
    ['0', 0],
    ['0.5', 0.5],
    ['-1e3', -1000],
    ['1E+2', 100],
    ['"1.5"', 1.5],
    ['"-1e3"', -1000],
    ['"\\u0031.5"', 1.5],
    ['"NaN"', Number.NaN],
    ['"Infinity"', Number.POSITIVE_INFINITY],
    ['"-Infinity"', Number.NEGATIVE_INFINITY],
    [`0.${'0'.repeat(400)}1`, 0],
    ['0.555555e5', 55555.5]
  ]
  for (const [text, value] of values) {
    for (const field of ['double_value', 'float_value']) {
      t.ok(Object.is(outcome(ScalarsSchema, field, text), value), `${field} ${text}`)
    }
  }
})

t.test('a double is the nearest to all digits of its text', async t => {
  const texts = [
    '0.1',
    '1.7976931348623157e308',
    '5e-324',
    '2.2250738585072014e-308',
    '9007199254740993',
    '123456789012345'
  ]
  texts.push('0.30000000000000004', '3.141592653589793238462643', `1${'0'.repeat(300)}`, '1e23', '8.41e21', '0.000001')
  for (const text of texts) t.equal(outcome(ScalarsSchema, 'double_value', text), JSON.parse(text), text)
  const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true })
  const anyDecimal = fc.tuple(fc.integer(), fc.nat({ max: 999_999_999 })).map(parts => Number(parts.join('.')))
  fc.assert(
    fc.property(fc.oneof(anyDouble, anyDecimal), value => {
      const text = JSON.stringify(value)
      return Object.is(outcome(ScalarsSchema, 'double_value', text), JSON.parse(text))
    }),
    { seed: 1, numRuns: 2000 }
  )
})

t.test('what is no number, or too large, is refused', async t => {
  const strings = [
    '',
    ' 1',
    '1 ',
    '+1',
    '.5',
    '1.',
    '01',
    '-',
    '0x1',
    '1e',
    '1e+',
    'nan',
    'inf',
    '+Infinity',
    '1,5',
    '1e400'
  ]
  const texts = [...strings.map(text => `"${text}"`), '1e400', '-1e309', `1${'0'.repeat(400)}`, 'true', '[]', '{}']
  for (const text of texts) {
    for (const name of ['double', 'float']) {
      const description = outcome(ScalarsSchema, `${name}_value`, text)
      t.equal(description, `must be a number that fits a ${name}`, `${name} ${text.slice(0, 20)}`)
    }
  }
})

t.test('a float has less range than a double', async t => {
  for (const text of ['1e39', '-1e39', '3.4028235677973366e38', '"1e39"']) {
    t.equal(outcome(ScalarsSchema, 'float_value', text), 'must be a number that fits a float', text)
  }
  t.equal(outcome(ScalarsSchema, 'float_value', '3.4028234663852886e38'), 3.4028234663852886e38)
  t.equal(outcome(ScalarsSchema, 'float_value', '1e-60'), 0)
  t.equal(outcome(ScalarsSchema, 'double_value', '1e39'), 1e39)
})
