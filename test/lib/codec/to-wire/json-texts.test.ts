import { toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { BindError } from '../../../../lib/transcode/errors.ts'
import { EverythingSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { randomMessage, randomOf } from '../random-message.ts'
import { toWireWith } from './to-wire-with.ts'

/** Texts without space between them. */
const texts = (list: string): string[] => list.trim().split(/\s+/)

/** Texts that every reader of JSON has to accept (RFC 8259). */
const JSON_TEXTS = [
  ...texts(String.raw`
    null true false 0 -0 1 -1 123 0.5 -0.5 1.0 1e1 1E1 1e+1 1e-1 0e1 0E+1 0e+1 -0e-1 20e1 1.5e10 123e65 123.456e-78 1e-400
    -1.7976931348623157e308 100000000000000000000 -123456789012345678901234567890
    -0.000000000000000000000000000000000000000000000000000000000000000001
    "" "a" "\"" "\\" "\/" "/" "\b\f\n\r\t" "\u0000" "\u0022" "\u005C" "\uFFFF" "\u0061\u30af\u30EA\u30b9" "\uD801\udc37"
    "\ud83d\ude39\ud83d\udc8d" "\uDBFF\uDFFE" "\u2028\u2029" "é" "😀" "/**/" "\\u0000" "\\a" "new\nline" "\uA66D" "\u0012"
    "[]{},:" "null" "\"\"\"" "//"
    [] [[]] [[],[]] [[[[[]]]]] [null] [1] [1,2] [""] ["a",1,null,true,{}] [null,null,null] [-0] [0,0] [1.5,-2e3] [[1],[2,[3]]]
    [true,false] [{},{}] [[[1]],{"a":[]}]
    {} {"a":1} {"":0} {"a":{}} {"a":[]} {"a":null,"b":null} {"\u0061":1} {"a":{"a":{"a":{}}}} {"a":{"b":1},"b":{"a":1}}
    {"__proto__":[]} {"foo\u0000bar":42} {"a":"b","asd":"sdf"} {"title":"\u041f\u043e"} {"min":-1.0e+28,"max":1.0e+28}
    {"x":[{"id":"a"}],"id":"a"} {"1":1} {"constructor":{"prototype":{}}}
  `),
  ...[
    '" "',
    '"asd "',
    '"a\u0301"',
    '"\u007f"',
    '"\u0080"',
    '"\u2028"',
    '"\ufeff"',
    '"\uffff"',
    '"\u{1b0cd}"',
    '"\u{10ffff}"'
  ],
  ...['[ ]', '[1 , 2]', '[\n1\n]', ' [1]', '[1] ', '\t[1]\r\n', '{ }', '{ "a" : 1 , "b" : 2 }', '{\n"a": "b"\n}', ' 1 ']
]

/** Texts that look like JSON and are none. */
const NO_JSON_TEXTS = [
  ...texts(String.raw`
    nul nulll tru truee fals NULL True FALSE none undefined NaN Infinity -Infinity -NaN
    +1 ++1 --1 - + 01 -01 00 012 1. -1. .5 -.5 1..5 1.5.5 1e 1E 1e+ 1e- 1e++1 1e1.5 1ee1 1.e1 0e 0e+ 0.3e 0.e1 1e1e1 0x1 0x
    1_000 1,000 1a 1a1 -1x 2.e3 1+2 1-2 -2. 9.e+ １ ٣ 0b1 0o7 1n 1L 1f .e1
    " "a a" 'a' "a\" "\" "\ "\x" "\x00" "\a" "\0" "\u" "\u1" "\u12" "\u123" "\u00G1" "\U0041" "\u{41}" "a"b \u0022a" "\é"
    "\😀" a abc “a” "a"\n \"a"
    [ ] [[ []] [[] [,] [1,] [,1] [1,,2] [1,,] [1;2] [1:2] [, [1 [1, ["a" ["a", ["a] ["",], [""  ["a":1] [1]x [1], [1} [} [*] [a]
    [{} [[1] [-] [+1] [nul] [-1foo] ["\ [\u0041] <[]> (1) [1]1 [1][2] [][]
    { } {{ {}} {{}} {] {,} {"a"} {"a":} {:1} {"a":1,} {,"a":1} {"a":1,,"b":2} {"a":1;"b":2} {"a"=1} {"a"::1} {"a":1:2} {"a","b"}
    {a:1} {'a':1} {1:1} {null:1} {[]:1} {"a":1 {"a": {"a {"a" {"a":1}} {"a":1}x {"a":1}# {"a":1}// {"a":1}/**/ /**/{"a":1}
    {/**/} {"a":/**/1} {"a":"a} {"a":1] {"a":tru} {"a":01} {"a":+1} {"a\":1} {"a":"b"}{"c":1} {}{} {💩} {"a":{} {"a":[}
    {"a":[] {"a":[1} , : ; # \ / * &
  `),
  ...[
    '',
    ' ',
    '\n',
    '- 1',
    '1 000',
    '1\u0000',
    '"\\\t"',
    '"\t"',
    '"\n"',
    '"\r"',
    '"\u0000"',
    '"\u001f"',
    '"a" "b"',
    '`a`'
  ],
  ...['[1 2]', '[\u000b1]', '[\f]', '[\u00a0]', '[\u2060]', '[1,\n', '[1,\n1\n,1', '[] []', '{"a" 1}', '{"a":1 "b":2}'],
  ...['//\n{}', '{"\t":1}', '{"a":true} "x"', '\ufeff', '\u0000', '\u200b{}']
]

t.test('every text that is JSON is read as JSON.parse reads it', async t => {
  t.ok(JSON_TEXTS.length > 90)
  for (const text of JSON_TEXTS) {
    const { message, violations } = toWireWith(ValueSchema, text)
    t.same(violations, [], encodeURI(text))
    t.same(toJson(ValueSchema, message as never), JSON.parse(text), encodeURI(text))
  }
})

t.test('every text that is none is refused, as a value and inside of what nobody wants', async t => {
  t.ok(NO_JSON_TEXTS.length > 200)
  const anything = { unknownFields: 'ignore' } as const
  for (const text of NO_JSON_TEXTS) {
    const name = encodeURI(text)
    t.throws(() => JSON.parse(text), SyntaxError, name)
    t.throws(() => toWireWith(ValueSchema, text), { name: 'BindError', reason: 'INVALID_JSON' }, name)
    t.throws(() => toWireWith(EverythingSchema, text), { name: 'BindError', reason: 'INVALID_JSON' }, name)
    // In these places the braces and brackets, commas and second values that are wrong by themselves may fit.
    for (const [before, after] of [
      ['{"x":', '}'],
      ['[', ']']
    ] as const) {
      const around = before + text + after
      if (isJson(around)) continue
      t.throws(
        () => toWireWith(EverythingSchema, around, anything),
        { name: 'BindError', reason: 'INVALID_JSON' },
        `${name} inside`
      )
    }
  }
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What becomes of a text: read, refused for what it says, or refused as a text. */
function verdictOf(read: () => { violations: readonly unknown[] }): string {
  try {
    return read().violations.length === 0 ? 'read' : 'refused'
  } catch (error) {
    if (!(error instanceof BindError)) throw error
    return error.reason
  }
}

t.test('a text that was damaged is JSON for everyone or for nobody, and nothing but a BindError is thrown', async t => {
  const texts = Array.from({ length: 40 }, (_, seed) => {
    return JSON.stringify(toJson(EverythingSchema, randomMessage(EverythingSchema, randomOf(seed)) as never))
  })
  const damage = fc.record({
    text: fc.constantFrom(...texts),
    edits: fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat(3),
        insert: fc.constantFrom(...'"\\{}[]:,0123456789eE+-.tfnu \n\u0000aé')
      }),
      { minLength: 1, maxLength: 3 }
    )
  })
  let invalid = 0
  fc.assert(
    fc.property(damage, ({ text, edits }) => {
      let damaged = text
      for (const { at, remove, insert } of edits) {
        const place = at % (damaged.length + 1)
        damaged = damaged.slice(0, place) + insert + damaged.slice(place + remove)
      }
      // A pair of surrogates that was cut through has become U+FFFD when the text has become bytes.
      damaged = damaged.toWellFormed()
      const asMessage = verdictOf(() => toWireWith(EverythingSchema, damaged))
      const asValue = verdictOf(() => toWireWith(ValueSchema, damaged))
      const ignored = verdictOf(() => toWireWith(EverythingSchema, `{"x":${damaged}}`, { unknownFields: 'ignore' }))
      if (asMessage === 'INVALID_JSON') invalid++
      // A key that is there twice is told before what is wrong behind it.
      const told = [asMessage, asValue, ignored].filter(verdict => verdict !== 'DUPLICATE_KEY')
      return told.every(verdict => (verdict === 'INVALID_JSON') === !isJson(damaged))
    }),
    { seed: 1, numRuns: 3000 }
  )
  t.ok(invalid > 300, `${invalid} texts were no JSON any more`)
})

t.test('any bytes are JSON for everyone or for nobody', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        const text = Buffer.from(bytes).toString('latin1')
        return (verdictOf(() => toWireWith(ValueSchema, text)) === 'INVALID_JSON') === !isJson(text)
      }),
      { seed: 1, numRuns: 1000 }
    )
  )
})
