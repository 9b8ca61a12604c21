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

/** A text of so many digits, some of which are those that the alphabets do not share. */
function digits(length: number, others: string): string {
  return `Ab3${others}`.repeat(Math.ceil(length / 5)).slice(0, length)
}

/** The bytes that a text is read as, in hexadecimal digits, or what is wrong with it. */
function read(spelling: string): string {
  const bytes = outcome(ScalarsSchema, 'bytes_value', `"${spelling}"`)
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : String(bytes)
}

t.test('long bytes are read in the same way, in both alphabets or a mix of them', async t => {
  for (const near of [256, 16 * 1024, 32 * 1024, 50_000]) {
    for (let length = near - 5; length <= near + 5; length++) {
      for (const others of ['+/', '-_', '+_', 'xy']) {
        const text = digits(length, others)
        const expected = length % 4 === 1 ? 'must be bytes in base64' : Buffer.from(text, 'base64').toString('hex')
        const padded = text.padEnd(Math.ceil(length / 4) * 4, '=')
        t.equal(read(text), expected, `${length} digits, ${others}`)
        t.equal(read(padded), expected, `${length} digits, ${others}, padded`)
        t.equal(read(`\\u0041${text.slice(1)}`), expected, `${length} digits, ${others}, escaped`)
      }
    }
  }
})

t.test('what is no digit is found wherever it is in long bytes', async t => {
  for (const length of [256, 258, 300, 16 * 1024 + 3]) {
    const wrong: object[] = []
    for (const others of ['+/', '-_']) {
      for (const place of [0, 1, 2, 3, 4, 100, 253, 254, 255, length - 4, length - 3, length - 2, length - 1]) {
        for (const spelling of ['=', ' ', '*', '\\n', '\\u0000', '\u007f', ',', '.']) {
          // Padding where it may be.
          if (spelling === '=' && place === length - 1 && length % 4 === 0) continue
          const text = digits(length, others)
          const broken = text.slice(0, place) + spelling + text.slice(place + 1)
          if (read(broken) !== 'must be bytes in base64') wrong.push({ place, spelling })
        }
      }
    }
    t.same(wrong, [], `${length} digits`)
  }
})

t.test('a letter that is no ASCII is no digit of long bytes', async t => {
  for (const letter of ['é', '漢', 'ÿ']) {
    for (let after = 0; after < 4; after++) {
      const text = digits(300, '+/') + letter + digits(after, '+/')
      t.equal(read(text), 'must be bytes in base64', `${letter}, ${after}`)
    }
  }
})
