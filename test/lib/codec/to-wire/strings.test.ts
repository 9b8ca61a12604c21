import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { MapsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, outcome, toWireWith } from './to-wire-with.ts'

function read(text: string): string {
  return (toWireWith(StringValueSchema, text).message as unknown as { value: string }).value
}

/** A JSON string with each UTF-16 unit escaped that `escaped` says so for. */
function spell(text: string, escaped: (index: number) => boolean): string {
  const units = text.split('').map((unit, index) => {
    // A pair of surrogates can only be written as it is when both are.
    const whole = !/[\ud800-\udfff]/.test(unit) && !escaped(index)
    return whole ? JSON.stringify(unit).slice(1, -1) : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${units.join('')}"`
}

t.test('every escape stands for its character', async t => {
  const cases: [text: string, value: string][] = [
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u0000\\u001f\\u007f\\u0080\\u07ff\\u0800\\uffff"', '\u0000\u001f\u007f\u0080\u07ff\u0800\uffff'],
    ['"\\uD83D\\uDE00\\ud800\\udc00\\udbff\\udfff"', '😀\u{10000}\u{10ffff}'],
    ['"\\ud7ff\\ue000"', '\ud7ff\ue000'],
    ['"a\\u0062c"', 'abc'],
    ['"é😀\\u00e9"', 'é😀é'],
    ['"\u007f\u2028"', '\u007f\u2028']
  ]
  for (const [text, value] of cases) t.equal(read(text), value, encodeURI(text))
})

t.test('any text is the same, however it is escaped', async t => {
  const anyText = fc.string({ unit: 'binary', maxLength: 200 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyText, fc.func(fc.boolean()), (text, escaped) => {
        return read(JSON.stringify(text)) === text && read(spell(text, escaped)) === text
      }),
      { seed: 1, numRuns: 500 }
    )
  )
})

t.test('half of a surrogate pair is no text', async t => {
  const halves = ['\\ud800', '\\udbff', '\\udc00', '\\udfff', 'a\\udc00b', '\\ude00\\ud83d', '\\ud800\\ud800\\udc00']
  halves.push('\\ud800x', '\\ud800\\n', '\\ud800\\u0041', '\\ud83d😀')
  for (const half of halves) {
    t.same(complaints(StringValueSchema, `"${half}"`), [': must be Unicode text without lone surrogates'], half)
  }
})

t.test('a string that does not end, or that has a control character, is no JSON', async t => {
  const broken = [
    '"',
    '"x',
    '"\\',
    '"\\"',
    '"\\u',
    '"\\u1',
    '"\\u123"',
    '"\\u123x"',
    '"\\U0041"',
    '"\\a"',
    '"\\0"',
    '"\\\n"'
  ]
  for (let code = 0; code < 32; code++) broken.push(`"${String.fromCharCode(code)}"`)
  for (const text of broken) {
    t.throws(() => read(text), { name: 'BindError', reason: 'INVALID_JSON' }, JSON.stringify(text))
    t.throws(
      () => toWireWith(MapsSchema, `{"string_to_string":{${text}:""}}`),
      { name: 'BindError', reason: 'INVALID_JSON' },
      text
    )
    t.throws(() => toWireWith(MapsSchema, `{"x":${text}}`, { unknownFields: 'ignore' }), {
      name: 'BindError',
      reason: 'INVALID_JSON'
    })
  }
})

t.test('keys are texts too', async t => {
  const text = '{"\\u0061é":"x","\\"":"y","😀":"z"}'
  t.same(outcome(MapsSchema, 'string_to_string', text), { aé: 'x', '"': 'y', '😀': 'z' })
})
