import type { DescEnum } from '@bufbuild/protobuf'
import t from 'tap'
import { enumNames, enumNumbers, fieldsByName, shortName } from '../../../lib/codec/names.ts'
import { AliasedSchema, ColorSchema, NamesSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'

/** An enum with these values and this shared prefix, if any. */
function enumOf(values: Record<string, number>, sharedPrefix?: string): DescEnum {
  const desc = { ...ColorSchema, sharedPrefix, values: [] as DescEnum['values'] }
  for (const [name, number] of Object.entries(values)) {
    desc.values.push({ ...ColorSchema.values[0]!, name, jsonName: name, number, parent: desc })
  }
  return desc
}

t.test('a field has its proto name and its JSON name', async t => {
  const fields = fieldsByName(NamesSchema)
  for (const name of ['renamed', 'somethingElse']) t.equal(fields.get(name)?.number, 1)
  for (const name of ['lower_snake_case', 'lowerSnakeCase']) t.equal(fields.get(name)?.number, 2)
  t.equal(fields.get('__proto__')?.number, 5)
  t.equal(fields.get('toString')?.number, 6)
})

t.test('a short name is without the shared prefix, in lower case', async t => {
  t.same(ColorSchema.values.map(shortName), ['unspecified', 'red', 'green', 'light_blue', 'negative'])
  t.same(enumOf({ Alpha: 0, BETA: 1 }).values.map(shortName), ['alpha', 'beta'])
})

t.test('all names of an enum lead to its number', async t => {
  const numbers = enumNumbers(AliasedSchema)
  for (const name of ['first', 'also_first', 'ALIASED_FIRST', 'ALIASED_ALSO_FIRST']) t.equal(numbers.get(name), 1, name)
  t.equal(numbers.get('unspecified'), 0)
})

t.test('a short name that means another value is not printed', async t => {
  const desc = enumOf({ FOO: 0, Foo: 1, foo: 2, BAR: 3 })
  t.equal(enumNumbers(desc).get('foo'), 2)
  t.same(
    [...enumNames(desc, 'short')],
    [
      [0, 'FOO'],
      [1, 'Foo'],
      [2, 'foo'],
      [3, 'bar']
    ]
  )
})

t.test('of several names for one number, the first is printed', async t => {
  t.equal(enumNames(AliasedSchema, 'short').get(1), 'first')
  t.equal(enumNames(AliasedSchema, 'name').get(1), 'ALIASED_FIRST')
})
