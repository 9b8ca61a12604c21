import fc from 'fast-check'
import t from 'tap'
import { doubleOf, floatOf, writeDouble, writeFloat } from '../../../../lib/codec/to-json/floats.ts'
import { JsonBuffer } from '../../../../lib/codec/to-json/json-buffer.ts'

const RUNS = { numRuns: 3000, seed: 11 }
const out = new JsonBuffer()

function written(write: (out: JsonBuffer, value: number) => void, value: number): string {
  write(out, value)
  return out.take().toString()
}

/** How many digits count in a number as it is written. */
function significant(text: string): number {
  return text.replace(/e.*/, '').replace(/[-.]/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length
}

t.test('doubles', async t => {
  const cases: [value: number, text: string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-2147483648, '-2147483648'],
    [4294967296, '4294967296'],
    [0.1, '0.1'],
    [-19.99, '-19.99'],
    [0.30000000000000004, '0.30000000000000004'],
    [4294967295.5, '4294967295.5'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"']
  ]
  for (const [value, text] of cases) t.equal(written(writeDouble, value), text)
})

t.test('floats have the digits that tell them from other floats', async t => {
  const cases: [value: number, text: string][] = [
    [-0, '-0'],
    [0.1, '0.1'],
    [16777216, '16777216'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    [1.17549435e-38, '1.1754944e-38'],
    [8388607.5, '8388607.5'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"']
  ]
  for (const [value, text] of cases) t.equal(written(writeFloat, Math.fround(value)), text)
})

t.test('every double reads as itself, and has no more digits than it needs', async () => {
  const decimals = fc
    .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(12))
    .map(([digits, scale]) => digits / 10 ** scale)
  fc.assert(
    fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), decimals), value => {
      const text = written(writeDouble, value)
      return Object.is(JSON.parse(text), value) && significant(text) <= significant(String(value))
    }),
    RUNS
  )
})

t.test('every float reads as itself, and has no more digits than it needs', async () => {
  const decimals = fc
    .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(8))
    .map(([digits, scale]) => digits / 10 ** scale)
  const floats = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), decimals)
  fc.assert(
    fc.property(floats.map(Math.fround), value => {
      const text = written(writeFloat, value)
      let digits = 1
      while (Math.fround(Number(value.toPrecision(digits))) !== value) digits++
      return Object.is(Math.fround(JSON.parse(text)), value) && significant(text) <= digits
    }),
    RUNS
  )
})

t.test('floats and doubles are made of their bits', async () => {
  const view = new DataView(new ArrayBuffer(8))
  const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(words, words, (low, high) => {
      view.setInt32(0, high)
      view.setInt32(4, low)
      return Object.is(doubleOf(low, high), view.getFloat64(0)) && Object.is(floatOf(high), view.getFloat32(0))
    }),
    RUNS
  )
})
