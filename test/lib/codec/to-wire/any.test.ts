import { createRegistry } from '@bufbuild/protobuf'
import { type Any, AnySchema, anyUnpack, DurationSchema, EmptySchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { BookSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, outcome } from './to-wire-with.ts'

const registry = createRegistry(BookSchema, DurationSchema, AnySchema, EmptySchema, ValueSchema, WellKnownSchema)
const BOOK = 'type.googleapis.com/fixture.v1.Book'
const DURATION = 'type.googleapis.com/google.protobuf.Duration'
const ANY = 'type.googleapis.com/google.protobuf.Any'

function readAny(text: string): Any {
  return outcome(WellKnownSchema, 'any', text, { registry }) as Any
}

t.test('an Any is read as the type that it names, wherever it names it', async t => {
  const book = { title: 'x', color: 1, author: { name: 'y', born: 5 } }
  const fields = '"title":"x","color":"red","author":{"name":"y","born":5}'
  for (const text of [
    `{"@type":"${BOOK}",${fields}}`,
    `{${fields},"@type":"${BOOK}"}`,
    `{"title":"x", "@type" : "${BOOK}" ,"color":"red","author":{"name":"y","born":5}}`,
    `{"\\u0040type":"type.googleapis.com\\/fixture.v1.Book",${fields}}`
  ]) {
    t.match(anyUnpack(readAny(text), BookSchema), book, text)
  }
  t.equal(readAny(`{"@type":"example.com/x/fixture.v1.Book"}`).typeUrl, 'example.com/x/fixture.v1.Book')
  t.same(readAny(`{"@type":"${BOOK}"}`).value, new Uint8Array())
})

t.test('a type with a JSON form of its own has it in "value"', async t => {
  for (const text of [`{"@type":"${DURATION}","value":"1.5s"}`, `{"value":"1.5s","@type":"${DURATION}"}`]) {
    t.match(anyUnpack(readAny(text), DurationSchema), { seconds: 1n, nanos: 500_000_000 }, text)
  }
  const value = readAny('{"@type":"x/google.protobuf.Value","value":null}')
  t.match(anyUnpack(value, ValueSchema), { kind: { case: 'nullValue' } })
  t.equal(readAny('{"@type":"x/google.protobuf.Empty"}').typeUrl, 'x/google.protobuf.Empty')
})

t.test('an Any holds others at any depth', async t => {
  const outer = anyUnpack(readAny(`{"value":{"title":"x","@type":"${BOOK}"},"@type":"${ANY}"}`), AnySchema)
  t.match(anyUnpack(outer!, BookSchema), { title: 'x' })
  const listed = `{"anys":[{"@type":"${BOOK}"},{"title":"y","@type":"${BOOK}"}],"any":{"@type":"${BOOK}"},"@type":"x/fixture.v1.WellKnown"}`
  const wellKnown = anyUnpack(readAny(listed), WellKnownSchema)!
  t.equal(wellKnown.any?.typeUrl, BOOK)
  t.match(anyUnpack(wellKnown.anys[1]!, BookSchema), { title: 'y' })
  const deep = (levels: number): string =>
    levels === 0 ? `{"title":"x","@type":"${BOOK}"}` : `{"value":${deep(levels - 1)},"@type":"${ANY}"}`
  let any: Any | undefined = readAny(deep(98))
  for (let level = 0; level < 98; level++) any = anyUnpack(any!, AnySchema)
  t.match(anyUnpack(any!, BookSchema), { title: 'x' })
})

t.test('an empty object is an Any of nothing', async t => {
  t.match(readAny('{}'), { typeUrl: '', value: new Uint8Array() })
  t.match(readAny('{ }'), { typeUrl: '' })
})

t.test('an Any of a type that is not known, or that does not fit its type, is refused', async t => {
  const unknownType = 'any.@type: must be the URL of a message type that is known here'
  const noDuration = 'must be a duration in seconds of at most 10,000 years, such as "1.5s"'
  const cases: [text: string, complaint: string][] = [
    ['{"@type":"type.googleapis.com/fixture.v1.Author"}', unknownType],
    ['{"@type":"fixture.v1.Book"}', unknownType],
    ['{"@type":""}', unknownType],
    ['{"@type":"/"}', unknownType],
    ['{"@type":5}', unknownType],
    ['{"@type":null}', unknownType],
    ['{"title":"x"}', unknownType],
    ['{"value":{"@type":"x/fixture.v1.Book"}}', unknownType],
    ['"x"', 'any: must be an object'],
    ['[]', 'any: must be an object'],
    [`{"@type":"${BOOK}","titel":"x"}`, 'any.titel: unknown field "titel", did you mean "title"?'],
    [`{"titel":"x","@type":"${BOOK}"}`, 'any.titel: unknown field "titel", did you mean "title"?'],
    [`{"@type":"${BOOK}","title":5}`, 'any.title: must be a string'],
    [`{"@type":"${BOOK}","author":{"@type":"x"}}`, 'any.author.@type: unknown field "@type"'],
    [`{"@type":"${DURATION}","value":"x"}`, `any.value: ${noDuration}`],
    [`{"@type":"${DURATION}","value":null}`, `any.value: ${noDuration}`],
    [`{"@type":"${DURATION}"}`, 'any.value: must stand beside "@type" of this type'],
    [
      `{"@type":"${DURATION}","value":"1s","seconds":1}`,
      'any.seconds: unknown field "seconds", only "value" stands beside "@type" of this type'
    ]
  ]
  for (const [text, complaint] of cases) {
    t.same(complaints(WellKnownSchema, `{"any":${text}}`, { registry }), [complaint], text)
  }
})

t.test('each of many is refused for itself', async t => {
  const anys = Array(200).fill('{"title":"x"}').join()
  const list = complaints(WellKnownSchema, `{"anys":[${anys}]}`, { registry })
  t.equal(list.length, 20)
  t.equal(list.at(-1), 'anys[19].@type: must be the URL of a message type that is known here')
})

t.test('unknown fields beside the type are ignored when the route says so', async t => {
  for (const text of [`{"@type":"${BOOK}","x":1}`, `{"@type":"${DURATION}","value":"1s","x":{}}`]) {
    t.same(complaints(WellKnownSchema, `{"any":${text}}`, { registry, unknownFields: 'ignore' }), [])
  }
})

t.test('the type is not told twice', async t => {
  for (const text of [
    `{"@type":"${BOOK}","@type":"${BOOK}"}`,
    `{"title":"x","@type":"${BOOK}","\\u0040type":"${BOOK}"}`,
    `{"@type":"${DURATION}","value":"1s","value":"1s"}`,
    `{"@type":"${DURATION}","value":"1s","@type":"${DURATION}"}`
  ]) {
    t.throws(() => readAny(text), { name: 'BindError', reason: 'DUPLICATE_KEY' }, text)
  }
})

t.test('without a registry, every Any is refused', async t => {
  t.same(complaints(WellKnownSchema, `{"any":{"@type":"${DURATION}","value":"1s"}}`), [
    'any.@type: must be the URL of a message type that is known here'
  ])
})
