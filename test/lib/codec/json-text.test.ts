import t from 'tap'
import { parseJson } from '../../../lib/codec/json-text.ts'

t.test('valid JSON is parsed as JSON.parse does', async t => {
  const texts = [
    '{}',
    '[]',
    '5',
    '"x"',
    'null',
    ' { "a" : [ 1 , { "b" : null } ] } ',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"\\\\","b":"\\\\\\"","c":"\\\\\\\\"}',
    '{"a:b":"c:d","e":":{[,"}',
    '{"\\"":1,"\\\\":2}',
    '{"é":1,"e":2}',
    '{"1":1,"01":2,"1.0":3}',
    '{"":{"":""}}',
    '{"__proto__":{"x":1},"constructor":{"prototype":1}}',
    '"\\ud800"',
    `${'['.repeat(100)}${']'.repeat(100)}`
  ]
  for (const text of texts) {
    const printed = JSON.stringify(JSON.parse(text))
    t.equal(JSON.stringify(parseJson(text)), printed, text.slice(0, 60))
    t.equal(JSON.stringify(parseJson(Buffer.from(text))), printed)
  }
})

t.test('a key that an object has twice is refused, however it is written', async t => {
  const cases: [text: string, key: string][] = [
    ['{"amount":1,"amount":999}', '"amount"'],
    ['{"a":1,"a":1}', '"a"'],
    ['{"a":1,"\\u0061":2}', '"a"'],
    ['{"a":[{"b":1},{"c":{"d":1,"e":":","d":2}}]}', '"d"'],
    ['{"x":"x","y":"\\"","x":1}', '"x"'],
    ['{"":1,"":2}', '""'],
    ['{"1":1,"1":2}', '"1"'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
    ['{"a":{"k":1},"b":{"k":1},"a":3}', '"a"'],
    ['[[],{"k":[1,{"k":1}],"k":2}]', '"k"']
  ]
  for (const [text, key] of cases) {
    const violations = [
      { reason: 'DUPLICATE_KEY', field: '', description: `the key ${key} is twice in the same object` }
    ]
    t.throws(() => parseJson(text), { name: 'BindError', violations }, text)
  }
})

t.test('text that is not JSON is refused without quoting from it', async t => {
  const texts = [
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '[1 2]',
    'NaN',
    '01',
    '+1',
    '"\t"',
    '"\\x"',
    'nul',
    '{"password":"hunter2}',
    '/**/{}'
  ]
  for (const text of texts) {
    t.throws(
      () => parseJson(text),
      { reason: 'INVALID_JSON', message: /^the body is not valid JSON( at position \d+)?$/ },
      text
    )
  }
  t.throws(() => parseJson('{"a":1 "b"}'), { message: 'the body is not valid JSON at position 7' })
})

t.test('bytes that are not UTF-8, and a byte order mark, are refused', async t => {
  const sequences = ['22ff22', '22c0af22', '22eda08022', '22f4908080 22', '22c3', 'fffe22007800 2200', '00000022']
  for (const hex of sequences) {
    t.throws(
      () => parseJson(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
      { name: 'BindError', reason: 'INVALID_JSON' },
      hex
    )
  }
  t.throws(() => parseJson(Buffer.from('efbbbf7b7d', 'hex')), {
    message: 'the JSON text must not begin with a byte order mark'
  })
  t.throws(() => parseJson('\ufeff{}'), { message: 'the JSON text must not begin with a byte order mark' })
})

t.test('nesting over 100 levels is refused', async t => {
  const message = 'the JSON text must not nest deeper than 100 levels'
  t.throws(() => parseJson(`${'['.repeat(101)}${']'.repeat(101)}`), { message })
  t.throws(() => parseJson(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`), { message })
  t.throws(() => parseJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), { message })
})
