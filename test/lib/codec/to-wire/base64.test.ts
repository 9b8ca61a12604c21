import fc from 'fast-check'
import t from 'tap'
import { ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './to-wire-with.ts'

t.test('bytes are base64 of either alphabet, padded or not', async t => {
  const values: [text: string, bytes: number[]][] = [
    ['', []],
    ['AQ==', [1]],
    ['AQ', [1]],
    ['AQI=', [1, 2]],
    ['AQI', [1, 2]],
    ['AQID', [1, 2, 3]],
    ['++//', [0xfb, 0xef, 0xff]],
    ['++\\/\\/', [0xfb, 0xef, 0xff]],
    ['--__', [0xfb, 0xef, 0xff]],
    ['\\u0041Q==', [1]]
  ]
  for (const [text, bytes] of values) {
    t.same(outcome(ScalarsSchema, 'bytes_value', `"${text}"`), new Uint8Array(bytes), text)
  }
  const no = [
    'A',
    'AQ=',
    'AQ===',
    'AQI==',
    'AQID=',
    'AQID====',
    '=',
    '==',
    '====',
    'A Q',
    'AQ\\n',
    'A*==',
    'é',
    'AQ==AQ=='
  ]
  for (const text of [...no.map(digits => `"${digits}"`), '1', 'true', '[]', '{}']) {
    t.equal(outcome(ScalarsSchema, 'bytes_value', text), 'must be bytes in base64', text)
  }
})

t.test('any bytes come through, in both alphabets and with or without padding', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('base64', 'base64url'), (bytes, alphabet) => {
        const text = Buffer.from(bytes).toString(alphabet as 'base64')
        const read = outcome(ScalarsSchema, 'bytes_value', `"${text}"`) as Uint8Array
        return Buffer.from(bytes).equals(read)
      }),
      { seed: 1, numRuns: 500 }
    )
  )
})
