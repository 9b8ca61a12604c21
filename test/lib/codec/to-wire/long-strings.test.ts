import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { BookSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { MapsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

/** The string that a text is read as, or what is wrong with the text. */
function read(text: string): string {
  try {
    const { message, violations } = toWireWith(StringValueSchema, text)
    return violations[0]?.description ?? (message as unknown as { value: string }).value
  } catch (error) {
    return (error as Error).message
  }
}

/** What becomes of a text that nobody wants, and of one that is the key of a map. */
function pass(text: string): unknown {
  try {
    toWireWith(BookSchema, `{"x":${text}}`, { unknownFields: 'ignore' })
    const { message, violations } = toWireWith(MapsSchema, `{"string_to_string":{${text}:""}}`)
    const { stringToString } = message as unknown as { stringToString: Record<string, string> }
    return violations[0]?.description ?? Object.keys(stringToString)
  } catch (error) {
    return (error as Error).message
  }
}

/** Around the lengths from which on more bytes are looked at, or copied, at once. */
const LENGTHS = [0, 16, 32, 48, 128, 144, 160, 512].flatMap(near => [-3, -2, -1, 0, 1, 2, 3, 4].map(by => near + by))
const PLACES = LENGTHS.filter(length => length >= 0)

const CHARACTERS: [spelling: string, meaning: string][] = [
  ['\\n', '\n'],
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\u0041', 'A'],
  ['\\u6f22', '漢'],
  ['\\ud83d\\ude00', '😀'],
  ['é', 'é'],
  ['漢', '漢'],
  ['😀', '😀'],
  ['\u007f', '\u007f']
]

t.test('a character is read wherever it is in a long text', async t => {
  for (const [spelling, meaning] of CHARACTERS) {
    const wrong: object[] = []
    for (const before of PLACES) {
      for (const after of PLACES) {
        const text = `"${'x'.repeat(before)}${spelling}${'y'.repeat(after)}"`
        const expected = `${'x'.repeat(before)}${meaning}${'y'.repeat(after)}`
        if (read(text) !== expected) wrong.push({ before, after })
      }
      const key = `"${'x'.repeat(before)}${spelling}"`
      if (String(pass(key)) !== JSON.parse(key)) wrong.push({ before })
    }
    t.same(wrong, [], spelling)
  }
})

t.test('what is wrong is told with its place wherever it is in a long text', async t => {
  const cases: [spelling: string, at: number][] = [
    ['\n', 0],
    ['\u0000', 0],
    ['\u001f', 0],
    ['\\x', 1],
    ['\\u00g0', 4],
    ['\\u000', 5],
    ['\\ud83d\\u12', 10]
  ]
  for (const [spelling, at] of cases) {
    const wrong: object[] = []
    for (const before of PLACES) {
      for (const inner of ['x', 'é', '\\t']) {
        const lead = inner.repeat(before)
        const place = `the body is not valid JSON at position ${1 + lead.length + at}`
        const text = `"${lead}${spelling}"${' '.repeat(200)}`
        if (read(text) !== place) wrong.push({ before, inner, read: read(text) })
        const skipped = `the body is not valid JSON at position ${6 + lead.length + at}`
        if (pass(text) !== skipped) wrong.push({ before, inner, passed: pass(text) })
      }
    }
    t.same(wrong, [], JSON.stringify(spelling))
  }
})

t.test('a text that does not end is no JSON however long it is', async t => {
  for (const length of PLACES) {
    t.equal(read(`"${'x'.repeat(length)}`), `the body is not valid JSON at position ${length + 1}`)
    t.equal(read(`"\\n${'x'.repeat(length)}`), `the body is not valid JSON at position ${length + 3}`)
    t.equal(read(`"\\n${'x'.repeat(length)}\\`), `the body is not valid JSON at position ${length + 4}`)
  }
})

t.test('half of a surrogate pair is found wherever it is in a long text', async t => {
  for (const before of PLACES) {
    const text = `"${'x'.repeat(before)}\\ud800${'y'.repeat(200)}"`
    t.same(complaints(StringValueSchema, text), [': must be Unicode text without lone surrogates'])
  }
})

t.test('any text of long and short runs is read as JSON.parse reads it', async t => {
  const run = fc.tuple(fc.constantFrom('x', 'é', '漢', '😀'), fc.nat(200)).map(([unit, count]) => unit.repeat(count))
  const part = fc.oneof(run, fc.constantFrom(...CHARACTERS.map(([spelling]) => spelling)))
  const texts = fc.array(part, { maxLength: 20 }).map(parts => `"${parts.join('')}"`)
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(texts, text => {
        const value = JSON.parse(text) as string
        return read(text) === value && String(pass(text)) === value
      }),
      { seed: 1, numRuns: 500 }
    )
  )
})

t.test('a text of many megabytes is read, and stays as it is when more is read', async t => {
  const first = toWireWith(StringValueSchema, JSON.stringify(`${'x'.repeat(3_000_000)}\n`))
  const copy = Buffer.from(first.wire)
  toWireWith(StringValueSchema, JSON.stringify('y'.repeat(3_000_100)))
  t.ok(copy.equals(first.wire))
  t.match(first.message, { value: `${'x'.repeat(3_000_000)}\n` })
})
