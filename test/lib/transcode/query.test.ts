import { create, type DescMessage, equals, type MessageInitShape } from '@bufbuild/protobuf'
import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { compileRoute } from '../../../lib/transcode/bind.ts'
import { EverythingSchema, LibraryService, ListBooksRequestSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  Color,
  NamesSchema,
  NestedSchema,
  OneofsSchema,
  WellKnownSchema
} from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { methodWith } from '../httprule/method-with.ts'
import { bind, refusals, routeOf } from './route.ts'

/** A route that takes all of a message from the query. */
function queryRoute(desc: DescMessage) {
  return compileRoute(httpRules(methodWith({ pattern: { case: 'get', value: '/q' } }, desc))[0]!)
}

const listBooks = routeOf(LibraryService.method.listBooks)

t.test('parameters are read by dotted paths of either name', async t => {
  const cases: [query: string, expected: MessageInitShape<typeof ListBooksRequestSchema>][] = [
    ['', {}],
    ['&&', {}],
    ['page_size=10', { pageSize: 10 }],
    ['pageSize=10', { pageSize: 10 }],
    ['page%5Fsize=1%30', { pageSize: 10 }],
    ['page_token=', {}],
    ['page_token', {}],
    ['page_token=a=b', { pageToken: 'a=b' }],
    ['page_token=a+b%2Bc%20d', { pageToken: 'a b+c d' }],
    ['page_token=%2525', { pageToken: '%25' }],
    ['page_token=%C3%A9', { pageToken: 'é' }],
    ['tags=a&tags=b&tags=', { tags: ['a', 'b', ''] }],
    ['colors=red&colors=COLOR_GREEN&colors=3', { colors: [Color.RED, Color.GREEN, Color.LIGHT_BLUE] }],
    ['author.name=x&author.born=1900', { author: { name: 'x', born: 1900 } }],
    ['published_after=2024-05-01T00:00:00Z', { publishedAfter: { seconds: 1714521600n } }],
    ['publishedAfter.seconds=5&published_after.nanos=7', { publishedAfter: { seconds: 5n, nanos: 7 } }],
    ['in_stock=false', { inStock: false }],
    ['max_price_minor=9007199254740993', { maxPriceMinor: 9007199254740993n }]
  ]
  for (const [query, expected] of cases) {
    const bound = bind(listBooks, { url: `/v1/books?${query}` })
    t.ok(equals(ListBooksRequestSchema, bound as never, create(ListBooksRequestSchema, expected)), query)
  }
})

t.test('what a query cannot say is refused by the key that was sent', async t => {
  const integer = 'must be an integer from -2147483648 to 2147483647'
  const cases: [query: string, refused: string[]][] = [
    ['page_size=', [`page_size: ${integer}`]],
    ['pageSize=x', [`pageSize: ${integer}`]],
    ['page_size=+5', [`page_size: ${integer}`]],
    ['page_size=%2B5', [`page_size: ${integer}`]],
    ['page_size=007', [`page_size: ${integer}`]],
    ['page_size=2147483648', [`page_size: ${integer}`]],
    ['in_stock=1', ['in_stock: must be true or false']],
    ['colors=red&colors=redd', ['colors: has no value "redd", did you mean "red"?']],
    ['page_size=1&page_size=1', ['page_size: must not be given more than once']],
    ['page_size=1&pageSize=2', ['pageSize: must not be given more than once']],
    ['page_sise=1', ['page_sise: unknown query parameter "page_sise", did you mean "page_size"?']],
    ['pageSise=1', ['pageSise: unknown query parameter "pageSise", did you mean "pageSize"?']],
    ['author.nam=x', ['author.nam: unknown query parameter "author.nam", did you mean "author.name"?']],
    ['=5', [': unknown query parameter ""']],
    ['.=5', ['.: unknown query parameter "."']],
    ['page_size.x=5', ['page_size.x: unknown query parameter "page_size.x"']],
    ['author=x', ['author: is a message, which a query cannot express: give its fields, such as "author.name"']],
    ['authors=x', ['authors: is a list of messages, which a query cannot express']],
    ['authors.name=x', ['authors.name: is a list of messages, which a query cannot express']],
    ['labels=x', ['labels: is a map, which a query cannot express']],
    ['labels.a=x', ['labels.a: is a map, which a query cannot express']],
    ['labels[a]=x', ['labels[a]: unknown query parameter "labels[a]", did you mean "labels"?']],
    ['tags.x=1', ['tags.x: unknown query parameter "tags.x"']],
    [
      '__proto__=1&constructor=1',
      ['__proto__: unknown query parameter "__proto__"', 'constructor: unknown query parameter "constructor"']
    ],
    ['published_after=now', ['published_after: must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"']],
    [
      'published_after=2024-05-01T00:00:00Z&published_after.seconds=5',
      ['published_after.seconds: must not be given beside "published_after"']
    ],
    [
      'published_after.seconds=5&published_after=2024-05-01T00:00:00Z',
      ['published_after: must not be given beside "published_after"']
    ],
    ['page_token=%zz', ['page_token: must be the percent-encoding of UTF-8 text']],
    ['page_token=%c0%af', ['page_token: must be the percent-encoding of UTF-8 text']],
    ['page_token=%00', ['page_token: must not contain control characters']],
    ['page_token=a%0Ab', ['page_token: must not contain control characters']],
    ['page_token=é', ['page_token: must be percent-encoded']],
    ['%ff=1', [': the name of a query parameter must be the percent-encoding of UTF-8 text']],
    [
      `${'author.'.repeat(5000)}x=1`,
      [`${'author.'.repeat(5000)}x: unknown query parameter "${'author.'.repeat(5000).slice(0, 64)}..."`]
    ]
  ]
  for (const [query, refused] of cases) {
    t.same(refusals(listBooks, { url: `/v1/books?${query}` }), refused, query.slice(0, 60))
  }
})

t.test('well-known types are given by their JSON scalar or by their fields', async t => {
  const route = queryRoute(WellKnownSchema)
  const cases: [query: string, expected: MessageInitShape<typeof WellKnownSchema>][] = [
    ['duration=1.5s', { duration: { seconds: 1n, nanos: 500_000_000 } }],
    ['field_mask=title,author.name', { fieldMask: { paths: ['title', 'author.name'] } }],
    ['field_mask.paths=a&field_mask.paths=b', { fieldMask: { paths: ['a', 'b'] } }],
    ['int64_wrapper=5', { int64Wrapper: 5n }],
    ['int64_wrapper.value=5', { int64Wrapper: 5n }],
    ['bool_wrapper=true&string_wrapper=', { boolWrapper: true, stringWrapper: '' }],
    ['bytes_wrapper=-_8', { bytesWrapper: new Uint8Array([0xfb, 0xff]) }],
    ['value.number_value=1.5', { value: { kind: { case: 'numberValue', value: 1.5 } } }]
  ]
  for (const [query, expected] of cases) {
    const bound = bind(route, { url: `/q?${query}` })
    t.ok(equals(WellKnownSchema, bound as never, create(WellKnownSchema, expected)), query)
  }
  const refused: [query: string, complaint: string][] = [
    ['int64_wrapper=5&int64_wrapper.value=5', 'int64_wrapper.value: must not be given more than once'],
    ['int64_wrapper.valu=5', 'int64_wrapper.valu: unknown query parameter "int64_wrapper.valu"'],
    ['struct=x', 'struct: is a message, which a query cannot express'],
    ['struct.fields=x', 'struct.fields: is a message, which a query cannot express'],
    ['any.type_url=x', 'any.type_url: is a message, which a query cannot express'],
    ['value=5', 'value: is a message, which a query cannot express: give its fields, such as "value.null_value"'],
    ['timestamps=2024-05-01T00:00:00Z', 'timestamps: is a list of messages, which a query cannot express']
  ]
  for (const [query, complaint] of refused) t.same(refusals(route, { url: `/q?${query}` }), [complaint], query)
})

t.test('of a oneof, one field is taken', async t => {
  const route = queryRoute(OneofsSchema)
  const bound = bind(route, { url: '/q?scalars.int32_value=1&scalars.string_value=x&left=l' })
  const expected = create(OneofsSchema, {
    choice: { case: 'scalars', value: { int32Value: 1, stringValue: 'x' } },
    other: { case: 'left', value: 'l' }
  })
  t.ok(equals(OneofsSchema, bound as never, expected))
  t.same(refusals(route, { url: '/q?text=a&number=1' }), ['number: must not be given beside "text"'])
  t.same(refusals(route, { url: '/q?text=a&scalars.int32_value=1' }), [
    'scalars.int32_value: must not be given beside "text"'
  ])
})

t.test('a field whose name means something in JavaScript is a field like any other', async t => {
  const bound = bind(queryRoute(NamesSchema), { url: '/q?__proto__=a&constructor=b&somethingElse=c&to_string=d' })
  const held = bound as unknown as Record<string, unknown>
  const value = (name: string) => held[NamesSchema.fields.find(field => field.name === name)!.localName]
  t.same(['__proto__', 'constructor', 'renamed', 'to_string'].map(value), ['a', 'b', 'c', 'd'])
})

t.test('a message can be given by fields far down, but not too far', async t => {
  const route = queryRoute(NestedSchema)
  t.same(refusals(route, { url: `/q?${'child.'.repeat(98)}inner.count=1` }), [])
  t.match(refusals(route, { url: `/q?${'child.'.repeat(99)}inner.count=1` }), [/unknown query parameter/])
})

t.test('all kinds of fields are reached from the top', async t => {
  const route = queryRoute(EverythingSchema)
  const bound = bind(route, {
    url: '/q?scalars.int32_value=1&optionals.string_value=&repeateds.bool_values=true&repeateds.bool_values=false&nested.inner.tags=a'
  })
  const expected = create(EverythingSchema, {
    scalars: { int32Value: 1 },
    optionals: { stringValue: '' },
    repeateds: { boolValues: [true, false] },
    nested: { inner: { tags: ['a'] } }
  })
  t.ok(equals(EverythingSchema, bound as never, expected))
})
