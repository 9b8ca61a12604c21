import t from 'tap'
import { WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './to-wire-with.ts'

const DESCRIPTION = 'must be field paths with commas between them, such as "title,author.name"'

t.test('the paths of a field mask come in lowerCamelCase', async t => {
  const cases: [text: string, paths: string[]][] = [
    ['""', []],
    ['"title"', ['title']],
    ['"priceMinor,author.bornIn"', ['price_minor', 'author.born_in']],
    ['"a,b,c"', ['a', 'b', 'c']],
    ['"a1B2.c3"', ['a1_b2.c3']],
    ['"A"', ['_a']],
    ['"\\u0061,b"', ['a', 'b']],
    [`"${'aB'.repeat(100)}"`, ['a_b'.repeat(100)]]
  ]
  for (const [text, paths] of cases) {
    t.match(outcome(WellKnownSchema, 'field_mask', text), { paths }, text)
    t.match(outcome(WellKnownSchema, 'field_mask', text, { numbers: 'protojson' }), { paths }, text)
  }
})

t.test('a path with an underscore is taken as written, as the fields beside it are', async t => {
  t.match(outcome(WellKnownSchema, 'field_mask', '"price_minor,author.bornIn,title,a_B"'), {
    paths: ['price_minor', 'author.born_in', 'title', 'a_B']
  })
  t.equal(outcome(WellKnownSchema, 'field_mask', '"price_minor"', { numbers: 'protojson' }), DESCRIPTION)
})

t.test('what is no list of paths is refused', async t => {
  const no = [' title', 'a,,b', 'a,', ',a', ',', 'a.', '.a', 'a..b', 'a b', 'a[0]', '*', 'é', '1a', 'a.1', 'a-b']
  for (const text of [...no.map(mask => JSON.stringify(mask)), '5', '["a"]', '{}', 'true']) {
    t.equal(outcome(WellKnownSchema, 'field_mask', text), DESCRIPTION, text)
  }
})
