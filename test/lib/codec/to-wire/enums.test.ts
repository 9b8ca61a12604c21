import t from 'tap'
import {
  OneofsSchema,
  RepeatedsSchema,
  ScalarsSchema,
  WellKnownSchema
} from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome, toWireWith } from './to-wire-with.ts'

const NEITHER = 'must be the name or the number of a value'

t.test('an enum is read by its names, short names and numbers', async t => {
  const cases: [text: string, value: number][] = [
    ['"COLOR_LIGHT_BLUE"', 3],
    ['"light_blue"', 3],
    ['"COLOR_\\u0052ED"', 1],
    ['"negative"', -1],
    ['-1', -1],
    ['2', 2],
    ['99', 99],
    ['-2147483648', -2147483648]
  ]
  for (const [text, value] of cases) t.equal(outcome(ScalarsSchema, 'enum_value', text), value, text)
  t.equal(outcome(ScalarsSchema, 'aliased_value', '"ALIASED_ALSO_FIRST"'), 1)
  t.equal(outcome(ScalarsSchema, 'aliased_value', '"also_first"'), 1)
  t.same(outcome(RepeatedsSchema, 'enum_values', '["red", "red", "COLOR_RED", "green", 1]'), [1, 1, 1, 2, 1])
})

t.test('a name that the enum does not have is refused with the nearest', async t => {
  const cases: [text: string, description: string][] = [
    ['"redd"', 'has no value "redd", did you mean "red"?'],
    ['"RED"', 'has no value "RED", did you mean "red"?'],
    ['"COLOR_REDD"', 'has no value "COLOR_REDD", did you mean "COLOR_RED"?'],
    ['"something"', 'has no value "something"'],
    ['"1"', 'has no value "1"'],
    ['""', 'has no value ""'],
    ['"\\ud800"', 'has no value "\\ud800"']
  ]
  for (const [text, description] of cases) t.equal(outcome(ScalarsSchema, 'enum_value', text), description, text)
})

t.test('what is neither a name nor a number is refused', async t => {
  for (const text of ['true', '1.5', '1e0', '-0', '2147483648', '-2147483649', '[]', '{}']) {
    t.equal(outcome(ScalarsSchema, 'enum_value', text), NEITHER, text)
  }
  t.equal(outcome(ScalarsSchema, 'enum_value', '1e0', { numbers: 'protojson' }), 1)
})

t.test('an unknown name is ignored only where ProtoJSON says so', async t => {
  const text = '{"enum_values":["red","newer","green"]}'
  const strict = toWireWith(RepeatedsSchema, text, { unknownFields: 'ignore' })
  t.equal(strict.violations[0]?.field, 'enum_values[1]')
  const ignored = toWireWith(RepeatedsSchema, text, { unknownFields: 'ignore', numbers: 'protojson' })
  t.match(ignored.message, { enumValues: [1, 2] })
  const single = { unknownFields: 'ignore', numbers: 'protojson' } as const
  t.equal(toWireWith(ScalarsSchema, '{"enum_value":"newer"}', single).wire.length, 0)
})

t.test('the only NullValue is null', async t => {
  for (const text of ['null', '"NULL_VALUE"', '0']) {
    t.equal(outcome(WellKnownSchema, 'null_value', text), 0, text)
    t.match(toWireWith(OneofsSchema, `{"nothing":${text}}`).message, { choice: { case: 'nothing', value: 0 } })
  }
  for (const text of ['1', '"null"', 'false', '[]', '{}']) {
    t.equal(outcome(WellKnownSchema, 'null_value', text), 'must be null', text)
  }
})
