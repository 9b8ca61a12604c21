import { getExtension } from '@bufbuild/protobuf'
import t from 'tap'
import { LegacySchema, legacyTypes, numberExtension } from './legacy-types.ts'
import { complaints, toWireWith } from './to-wire-with.ts'

const options = { registry: legacyTypes }

t.test('an extension that the registry has is a field by its full name in brackets', async t => {
  const text = '{"[legacy.number]":5,"[legacy.message]":{"text":"x"},"[legacy.texts]":["a","b"]}'
  const { message, violations } = toWireWith(LegacySchema, text, options)
  t.same(violations, [])
  t.equal(getExtension(message!, numberExtension), 5)
  t.match(getExtension(message!, legacyTypes.getExtension('legacy.message')!), { text: 'x' })
  t.same(getExtension(message!, legacyTypes.getExtension('legacy.texts')!), ['a', 'b'])
})

t.test('null leaves an extension unset', async t => {
  t.equal(toWireWith(LegacySchema, '{"[legacy.number]":null,"[legacy.texts]":null}', options).wire.length, 0)
})

t.test('what is wrong with an extension is told with its place', async t => {
  t.same(complaints(LegacySchema, '{"[legacy.number]":"x","[legacy.texts]":[1]}', options), [
    '[legacy.number]: must be an integer from -2147483648 to 2147483647',
    '[legacy.texts][0]: must be a string'
  ])
  t.throws(() => toWireWith(LegacySchema, '{"[legacy.number]":1,"[legacy.number]":1}', options), {
    name: 'BindError',
    reason: 'DUPLICATE_KEY'
  })
})

t.test('an extension of another message, or of nobody, is an unknown field', async t => {
  for (const name of ['[legacy.of_other]', '[legacy.none]', '[]', '[', 'legacy.number', '[legacy.Message]']) {
    t.match(complaints(LegacySchema, `{"${name}":1}`, options), [`${name}: unknown field "${name}"`])
  }
  t.match(complaints(LegacySchema, '{"[legacy.number]":1}'), ['[legacy.number]: unknown field "[legacy.number]"'])
})
