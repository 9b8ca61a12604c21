import { createRegistry } from '@bufbuild/protobuf'
import { type Any, AnySchema, anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { BookSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { WellKnownSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, readWith } from './read-with.ts'

const registry = createRegistry(BookSchema, DurationSchema, AnySchema)
const BOOK = 'type.googleapis.com/fixture.v1.Book'
const DURATION = 'type.googleapis.com/google.protobuf.Duration'

function readAny(json: unknown): Any {
  return (readWith(WellKnownSchema, { any: json }, { registry }).message as unknown as { any: Any }).any
}

t.test('an Any is read as the type that it names', async t => {
  t.match(anyUnpack(readAny({ '@type': BOOK, title: 'x', color: 'red' }), BookSchema), { title: 'x', color: 1 })
  t.match(anyUnpack(readAny({ '@type': DURATION, value: '1.5s' }), DurationSchema), { seconds: 1n, nanos: 500_000_000 })
  const outer = anyUnpack(
    readAny({ '@type': 'x/google.protobuf.Any', value: { '@type': BOOK, title: 'x' } }),
    AnySchema
  )
  t.match(anyUnpack(outer!, BookSchema), { title: 'x' })
  t.equal(readAny({}).typeUrl, '')
})

t.test('an Any of a type that is not known, or that does not fit its type, is refused', async t => {
  const unknownType = 'any.@type: must be the URL of a message type that is known here'
  const cases: [json: unknown, complaint: string][] = [
    [{ '@type': 'type.googleapis.com/fixture.v1.Author' }, unknownType],
    [{ '@type': 'fixture.v1.Book' }, unknownType],
    [{ '@type': '' }, unknownType],
    [{ '@type': 5 }, unknownType],
    [{ title: 'x' }, unknownType],
    ['x', 'any: must be an object'],
    [[], 'any: must be an object'],
    [{ '@type': BOOK, titel: 'x' }, 'any.titel: unknown field "titel", did you mean "title"?'],
    [{ '@type': BOOK, title: 5 }, 'any.title: must be a string'],
    [
      { '@type': DURATION, value: 'x' },
      'any.value: must be a duration in seconds of at most 10,000 years, such as "1.5s"'
    ],
    [
      { '@type': DURATION, value: '1s', seconds: 1 },
      'any.seconds: unknown field "seconds", only "value" stands beside "@type" of this type'
    ]
  ]
  for (const [any, complaint] of cases) t.same(complaints(WellKnownSchema, { any }, { registry }), [complaint])
})

t.test('without a registry, every Any is refused', async t => {
  t.same(complaints(WellKnownSchema, { any: { '@type': DURATION, value: '1s' } }), [
    'any.@type: must be the URL of a message type that is known here'
  ])
})
