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
    fc.constantFrom('x'.repeat(100), 'x'.repeat(300), 'é'.repeat(200))
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
