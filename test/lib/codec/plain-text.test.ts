import t from 'tap'
import { endOfPlain, wordsOf } from '../../../lib/codec/plain-text.ts'

/** Bytes that stand for themselves, those beyond ASCII included, which begin that far behind a multiple of four. */
function plainBytes(skew: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(64), skew, 32)
  for (let index = 0; index < bytes.length; index++) bytes[index] = 0xff - index
  return bytes
}

function isEscaped(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === 0x5c
}

t.test('a byte ends plain text when JSON escapes it, wherever it is in a word', async t => {
  for (let byte = 0; byte < 256; byte++) {
    const wrong: object[] = []
    for (let skew = 0; skew < 4; skew++) {
      for (let place = 0; place < 32; place++) {
        const bytes = plainBytes(skew)
        bytes[place] = byte
        const end = endOfPlain(bytes, wordsOf(bytes), 0, 32)
        if (end !== (isEscaped(byte) ? place : 32)) wrong.push({ skew, place, end })
      }
    }
    t.same(wrong, [], `0x${byte.toString(16)}`)
  }
})

t.test('only what is between two places is looked at', async t => {
  for (let skew = 0; skew < 4; skew++) {
    const wrong: object[] = []
    for (let from = 0; from <= 32; from++) {
      for (let to = from; to <= 32; to++) {
        const bytes = plainBytes(skew).fill(0x22, 0, from).fill(0x5c, to)
        const end = endOfPlain(bytes, wordsOf(bytes), from, to)
        if (end !== to) wrong.push({ from, to, end })
      }
    }
    t.same(wrong, [], `${skew} bytes behind a word`)
  }
})

t.test('the first of several bytes counts', async t => {
  const bytes = plainBytes(1)
  for (let place = 31; place >= 0; place--) {
    bytes[place] = place % 2 === 0 ? 0x5c : 0x0a
    t.equal(endOfPlain(bytes, wordsOf(bytes), 0, 32), place)
  }
})

t.test('text that is too short for a word has an end too', async t => {
  for (let length = 0; length < 4; length++) {
    for (let skew = 0; skew < 4; skew++) {
      const bytes = new Uint8Array(new ArrayBuffer(8), skew, length).fill(0x61)
      t.equal(endOfPlain(bytes, wordsOf(bytes), 0, length), length)
    }
  }
})
