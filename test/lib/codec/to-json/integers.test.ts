import fc from 'fast-check'
import t from 'tap'
import {
  isSafeInt64,
  isSafeUint64,
  writeInt32,
  writeInt64,
  writeUint32,
  writeUint64
} from '../../../../lib/codec/to-json/integers.ts'
import { JsonBuffer } from '../../../../lib/codec/to-json/json-buffer.ts'

const RUNS = { numRuns: 2000, seed: 7 }
const out = new JsonBuffer()

function written(write: (out: JsonBuffer) => void): string {
  write(out)
  return out.take().toString()
}

const lowOf = (value: bigint) => Number(BigInt.asIntN(32, value))
const highOf = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n))

/** Integers of 64 bits around every power of 2 and of 10, where digits and words begin. */
const edges = [2n, 10n].flatMap(base =>
  Array.from({ length: 64 }, (_, exponent) => base ** BigInt(exponent)).flatMap(power => [
    power - 1n,
    power,
    power + 1n
  ])
)

t.test('every integer of 32 bits has its digits', async () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), value => {
      return (
        written(o => writeInt32(o, value)) === String(value) &&
        written(o => writeUint32(o, value >>> 0)) === String(value >>> 0)
      )
    }),
    { ...RUNS, examples: [[0], [9], [10], [-1], [-(2 ** 31)], [2 ** 31 - 1], [99_999], [100_000], [1_000_000_000]] }
  )
})

t.test('every integer of 64 bits has its digits, without a BigInt', async () => {
  const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).chain(value =>
    // Integers of all lengths.
    fc.integer({ min: 0, max: 63 }).map(shift => value >> BigInt(shift))
  )
  fc.assert(
    fc.property(fc.oneof(bits, fc.constantFrom(...edges)), value => {
      const unsigned = BigInt.asUintN(64, value)
      const signed = BigInt.asIntN(64, value)
      return [
        written(o => writeUint64(o, lowOf(unsigned), highOf(unsigned))) === String(unsigned),
        written(o => writeInt64(o, lowOf(signed), highOf(signed))) === String(signed),
        written(o => writeInt64(o, lowOf(-signed), highOf(-signed))) === String(BigInt.asIntN(64, -signed))
      ].every(Boolean)
    }),
    RUNS
  )
})

t.test('integers are safe up to 2^53 - 1 on both sides of zero', async t => {
  const cases: [value: bigint, signed: boolean, unsigned: boolean][] = [
    [0n, true, true],
    [2n ** 53n - 1n, true, true],
    [2n ** 53n, false, false],
    [-(2n ** 53n) + 1n, true, false],
    [-(2n ** 53n), false, false],
    [-1n, true, false],
    [-(2n ** 63n), false, false]
  ]
  for (const [value, signed, unsigned] of cases) {
    t.equal(isSafeInt64(lowOf(value), highOf(value)), signed, `${value} signed`)
    t.equal(isSafeUint64(lowOf(value), highOf(value)), unsigned, `${value} unsigned`)
  }
})
