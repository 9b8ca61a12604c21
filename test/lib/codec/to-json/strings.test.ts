import fc from 'fast-check'
import t from 'tap'
import { JsonBuffer } from '../../../../lib/codec/to-json/json-buffer.ts'
import { writeString } from '../../../../lib/codec/to-json/strings.ts'

const out = new JsonBuffer()

function written(utf8: Uint8Array, strict = true): string {
  writeString(out, Buffer.concat([Buffer.from('"'), utf8, Buffer.from('"')]), 1, 1 + utf8.length, strict)
  return out.take().toString()
}

t.test('any text is written as JSON.stringify writes it', async () => {
  const characters = fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u2028', '\ufeff', 'é', '漢', '😀'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
    // Longer than what is copied byte by byte.
    fc.constantFrom('x'.repeat(100), 'x'.repeat(300), 'é'.repeat(200)),
    fc.nat(150).map(length => 'x'.repeat(length))
  )
  const texts = fc.array(characters, { maxLength: 12 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(texts, text => written(Buffer.from(text)) === JSON.stringify(text)),
    { numRuns: 1500, seed: 3 }
  )
})

t.test('every byte below 0x80 has its escape or none', async t => {
  for (let code = 0; code < 0x80; code++) {
    const text = String.fromCharCode(code)
    t.equal(written(Buffer.from(text)), JSON.stringify(text), `0x${code.toString(16)}`)
  }
})

/** Around the lengths from which on more bytes are copied at once, or the rest is checked for UTF-8. */
const LENGTHS = [0, 16, 80, 128, 256, 384, 512].flatMap(near => [-3, -2, -1, 0, 1, 2, 3, 4].map(by => near + by))
const PLACES = LENGTHS.filter(length => length >= 0)

t.test('a character is written wherever it is in a long text', async t => {
  for (const character of ['"', '\\', '\n', '\u0000', '\u001f', '\u007f', 'é', '漢', '😀']) {
    const wrong: object[] = []
    for (const before of PLACES) {
      for (const after of PLACES) {
        for (const unit of ['x', '漢']) {
          const text = unit.repeat(before) + character + unit.repeat(after)
          if (written(Buffer.from(text)) !== JSON.stringify(text)) wrong.push({ before, after, unit })
        }
      }
    }
    t.same(wrong, [], JSON.stringify(character))
  }
})

t.test('what is no UTF-8 is found wherever it is in a long text', async t => {
  for (const before of PLACES) {
    for (const unit of ['x', 'é', '"']) {
      const text = unit.repeat(before)
      const utf8 = Buffer.concat([Buffer.from(text), Buffer.from([0x80]), Buffer.from('y'.repeat(200))])
      t.throws(() => written(utf8), { message: 'a string is not UTF-8' })
      out.clear()
      t.equal(written(utf8, false), JSON.stringify(`${text}\ufffd${'y'.repeat(200)}`))
    }
  }
})

t.test('what is no UTF-8 is refused, or replaced where it is allowed', async t => {
  const cases: [hex: string, replaced: string][] = [
    ['80', '\ufffd'],
    ['61ff62', 'a\ufffdb'],
    ['c080', '\ufffd\ufffd'],
    ['e08080', '\ufffd\ufffd\ufffd'],
    ['eda080', '\ufffd\ufffd\ufffd'],
    ['f4908080', '\ufffd\ufffd\ufffd\ufffd'],
    ['c3', '\ufffd'],
    ['e282', '\ufffd'],
    ['f09f98', '\ufffd'],
    ['c3a922ff', 'é"\ufffd']
  ]
  for (const [hex, replaced] of cases) {
    for (const padding of ['', 'x'.repeat(500)]) {
      const utf8 = Buffer.concat([Buffer.from(padding), Buffer.from(hex, 'hex')])
      t.throws(() => written(utf8), { message: 'a string is not UTF-8' }, hex)
      out.clear()
      t.equal(written(utf8, false), JSON.stringify(padding + replaced), hex)
    }
  }
})
