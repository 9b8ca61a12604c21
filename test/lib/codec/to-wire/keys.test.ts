import { ValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { BookSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { toWireWith } from './to-wire-with.ts'

/** An object as its members in order, which may have the same key twice, or an array of such, or nothing. */
type Tree = [key: string, value: Tree][] | { items: Tree[] } | null

const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '"'), maxLength: 3 }), tie('tree')), {
      maxLength: 4
    }),
    fc.record({ items: fc.array(tie('tree'), { maxLength: 3 }) })
  )
}))

function print(value: Tree, isEscaped: () => boolean): string {
  if (value === null) return 'null'
  if (!Array.isArray(value)) return `[${value.items.map(item => print(item, isEscaped))}]`
  const members = value.map(([key, member]) => {
    const spelled = isEscaped() ? `"${escaped(key)}"` : JSON.stringify(key)
    return `${spelled}:${print(member, isEscaped)}`
  })
  return `{${members}}`
}

function escaped(key: string): string {
  return key.replaceAll(/./g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function hasDuplicate(value: Tree): boolean {
  if (value === null) return false
  if (!Array.isArray(value)) return value.items.some(hasDuplicate)
  return new Set(value.map(([key]) => key)).size < value.length || value.some(([, member]) => hasDuplicate(member))
}

t.test('a key is refused only when its own object has it twice', async t => {
  let refused = 0
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.boolean()), (value, choices) => {
        const text = print(value, () => choices.next().value)
        for (const read of [
          () => toWireWith(ValueSchema, text),
          () => toWireWith(BookSchema, `{"x":${text}}`, { unknownFields: 'ignore' })
        ]) {
          let duplicate = false
          try {
            read()
          } catch {
            duplicate = true
          }
          if (duplicate !== hasDuplicate(value)) return false
          if (duplicate) refused++
        }
        return true
      }),
      { seed: 1, numRuns: 2000 }
    )
  )
  t.ok(refused > 100, `${refused} had a key twice`)
})

t.test('the last of many keys may be the one that is twice', async t => {
  const keys = Array.from({ length: 50_000 }, (_, index) => `"${index}":{"${index}":1,"x":2}`)
  t.doesNotThrow(() => toWireWith(ValueSchema, `{${keys}}`))
  for (const again of ['"0":1', '"49999":1', '"\\u0034999":1']) {
    t.throws(() => toWireWith(ValueSchema, `{${keys},${again}}`), { name: 'BindError', reason: 'DUPLICATE_KEY' }, again)
  }
})

t.test('what was left open when a text was refused is closed for the next one', async t => {
  t.throws(() => toWireWith(ValueSchema, '{"a":{"b":{"c":[1'))
  t.throws(() => toWireWith(ValueSchema, '{"a":{"\\u0062":{"b":1,"\\u0062":1}}}'))
  t.same(toWireWith(ValueSchema, '{"b":{"c":1},"c":{"a":1,"b":2},"a":{}}').violations, [])
})
