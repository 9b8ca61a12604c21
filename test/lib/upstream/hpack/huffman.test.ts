import fc from 'fast-check'
import t from 'tap'
import { HpackError } from '../../../../lib/upstream/hpack/errors.ts'
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../../../lib/upstream/hpack/huffman.ts'
import { hex } from './table.ts'

function encode(text: string): Buffer {
  const target = Buffer.alloc(huffmanLength(text) + 8, 0x55)
  return target.subarray(0, encodeHuffman(target, 0, text))
}

function decode(bytes: Buffer): string {
  return decodeHuffman(bytes, 0, bytes.length)
}

/** RFC 7541, appendix C. */
const vectors: [text: string, coded: string][] = [
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['302', '6402'],
  ['private', 'aec3771a4b'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
  [
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007'
  ],
  ['', '']
]

for (const [text, coded] of vectors) {
  t.test(`"${text}" is coded as the RFC says, and read`, async t => {
    t.same(encode(text), hex(coded))
    t.equal(huffmanLength(text), coded.length / 2)
    t.equal(decode(hex(coded)), text)
  })
}

t.test('each octet has a code that is read as this octet', async t => {
  for (let octet = 0; octet < 256; octet++) {
    const text = String.fromCharCode(octet)
    t.equal(decode(encode(text)), text)
    t.equal(decode(encode(`a${text}b`)), `a${text}b`)
  }
})

t.test('any text is read as it was written, in as many octets as was said', async t => {
  const octets = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes).toString('latin1'))
  fc.assert(
    fc.property(octets, text => {
      t.equal(encode(text).length, huffmanLength(text))
      t.equal(decode(encode(text)), text)
    }),
    { seed: 7541, numRuns: 300 }
  )
})

t.test('any octets are either refused or the one way to write their text', async t => {
  // What is read is written again as it was: so nothing is accepted that says the same in another way.
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), octets => {
      const bytes = Buffer.from(octets)
      try {
        t.same(encode(decode(bytes)), bytes)
      } catch (error) {
        if (!(error instanceof HpackError)) throw error
      }
    }),
    { seed: 7541, numRuns: 2_000 }
  )
})

t.test('a text longer than what is usual is read as well', async t => {
  const text = '0'.repeat(100_000)
  t.equal(decode(encode(text)), text)
})
