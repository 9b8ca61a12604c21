import { ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { compileToWire } from '../../../../lib/codec/to-wire/compile.ts'
import { Violations } from '../../../../lib/codec/violations.ts'
import { toWireWith } from './to-wire-with.ts'

function read(text: string | Buffer): void {
  compileToWire(ValueSchema)(Buffer.from(text as string), new Violations())
}

t.test('space is what RFC 8259 says it is, before and behind every token', async t => {
  const space = ' \t\r\n'
  const tokens = ['{', '"a"', ':', '[', '1', ',', 'true', ',', '{', '}', ',', '"x"', ']', '}']
  const { wire } = toWireWith(ValueSchema, tokens.join(''))
  const spaced = toWireWith(ValueSchema, space + tokens.join(space) + space)
  t.ok(Buffer.from(wire).equals(spaced.wire))
  for (const other of ['\u00a0', '\u2028', '\u3000', '\f', '\v', '\b', '\0', '/**/', '//\n', '#']) {
    const name = Buffer.from(other).toString('hex')
    t.throws(() => read(`${other}1`), { name: 'BindError', reason: 'INVALID_JSON' }, name)
    t.throws(() => read(`1${other}`), { name: 'BindError', reason: 'INVALID_JSON' }, name)
    t.throws(() => read(`[1,${other}1]`), { name: 'BindError', reason: 'INVALID_JSON' }, name)
  }
})

t.test('text that is no JSON is refused with its place, and without quoting from it', async t => {
  const cases: [text: string, position: number][] = [
    ['', 0],
    [' ', 1],
    ['{', 1],
    ['{"a":1,}', 7],
    ["{'a':1}", 1],
    ['[1 2]', 3],
    ['[1,]', 3],
    ['NaN', 0],
    ['01', 1],
    ['+1', 0],
    ['1.', 2],
    ['"\t"', 1],
    ['"\\x"', 2],
    ['"\\u12g4"', 5],
    ['nul', 0],
    ['{"password":"hunter2}', 21],
    ['/**/{}', 0],
    ['{"a":1 "b"}', 7],
    ['{"é😀":1 "b"}', 9],
    ['[]]', 2],
    ['{"a" 1}', 5]
  ]
  for (const [text, position] of cases) {
    const message = `the body is not valid JSON at position ${position}`
    t.throws(() => read(text), { name: 'BindError', reason: 'INVALID_JSON', message }, text)
  }
})

t.test('bytes that are not UTF-8, and a byte order mark, are refused', async t => {
  const sequences = ['22ff22', '22c0af22', '22eda08022', '22f490808022', '22c3', 'fffe220078002200']
  for (const hex of sequences) {
    t.throws(
      () => read(Buffer.from(hex, 'hex')),
      { name: 'BindError', reason: 'INVALID_JSON', message: 'the JSON text is not valid UTF-8' },
      hex
    )
  }
  t.throws(() => read(Buffer.from('0000002200000022', 'hex')), { name: 'BindError', reason: 'INVALID_JSON' })
  t.throws(() => read('\ufeff{}'), {
    reason: 'INVALID_JSON',
    message: 'the JSON text must not begin with a byte order mark'
  })
})

t.test('a key that an object has twice is refused, however it is written', async t => {
  const cases: [text: string, key: string][] = [
    ['{"amount":1,"amount":999}', '"amount"'],
    ['{"a":1,"a":1}', '"a"'],
    ['{"a":1,"\\u0061":2}', '"a"'],
    ['{"é":1,"\\u00e9":2}', '"é"'],
    ['{"😀":1,"\\ud83d\\ude00":2}', '"😀"'],
    ['{"a":[{"b":1},{"c":{"d":1,"e":":","d":2}}]}', '"d"'],
    ['{"x":"x","y":"\\"","x":1}', '"x"'],
    ['{"":1,"":2}', '""'],
    ['{"1":1,"1":2}', '"1"'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
    ['{"a":{"k":1},"b":{"k":1},"a":3}', '"a"'],
    ['[[],{"k":[1,{"k":1}],"k":2}]', '"k"'],
    [`{"${'k'.repeat(100)}":1,"${'k'.repeat(100)}":2}`, `"${'k'.repeat(64)}..."`]
  ]
  for (const [text, key] of cases) {
    const violations = [
      { reason: 'DUPLICATE_KEY', field: '', description: `the key ${key} is twice in the same object` }
    ]
    t.throws(() => read(text), { name: 'BindError', violations }, text)
  }
  for (const text of ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', '{"é":1,"e":2}', '{"1":1,"01":2,"1.0":3}']) {
    t.doesNotThrow(() => read(text), text)
  }
})

t.test('nesting over 100 levels is refused, at once', async t => {
  const message = 'the JSON text must not nest deeper than 100 levels'
  t.doesNotThrow(() => read(`${'['.repeat(100)}${']'.repeat(100)}`))
  t.doesNotThrow(() => read(`[${'['.repeat(99)}${']'.repeat(99)},${'['.repeat(99)}${']'.repeat(99)}]`))
  t.throws(() => read(`${'['.repeat(101)}${']'.repeat(101)}`), { message })
  t.throws(() => read(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`), { message })
  t.throws(() => read('['.repeat(100_000)), { message })
})

t.test('a text of any size is read from where it is in its buffer', async t => {
  for (const size of [0, 1, 262_141, 262_142, 262_143, 262_144, 1_000_000]) {
    const text = JSON.stringify('x'.repeat(size))
    const around = Buffer.from(`"${text}"`)
    const { wire } = toWireWith(ValueSchema, text)
    const within = compileToWire(ValueSchema)(
      new Uint8Array(around.buffer, around.byteOffset + 1, size + 2),
      new Violations()
    )
    t.ok(Buffer.from(wire).equals(within), `${size} characters`)
  }
})
