import { create, equals, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { type CompiledRoute, compileRoute } from '../../../lib/transcode/bind.ts'
import { BindError } from '../../../lib/transcode/errors.ts'
import { headerFields } from '../../../lib/transcode/header-fields.ts'
import {
  BookSchema,
  CreateBookRequestSchema,
  EchoBodyRequestSchema,
  GetByTypesRequestSchema,
  LibraryService,
  ListBooksRequestSchema,
  ListBooksResponseSchema,
  MoveBookRequestSchema,
  UpdateBookRequestSchema
} from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { Color } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { bind, refusals, routeOf } from './route.ts'

const { method } = LibraryService

/** The body of a valid CreateBook. */
const book = { title: 'x', author: { name: 'y' } }

t.test('path variables take values of every type that one segment can be', async t => {
  const route = routeOf(method.getByTypes)
  const bound = bind(route, {
    url: '/v1/types/-5/-9223372036854775808/18446744073709551615/true/1.5e3/-_8=/light_blue/2024-05-01T00:00:00Z/1.5s/7'
  })
  const expected = create(GetByTypesRequestSchema, {
    int32Value: -5,
    int64Value: -(2n ** 63n),
    uint64Value: 2n ** 64n - 1n,
    boolValue: true,
    doubleValue: 1500,
    bytesValue: new Uint8Array([0xfb, 0xff]),
    color: Color.LIGHT_BLUE,
    at: { seconds: 1714521600n },
    within: { seconds: 1n, nanos: 500_000_000 },
    wrapped: 7n
  })
  t.ok(equals(GetByTypesRequestSchema, bound as never, expected))
})

t.test('everything that is wrong in the path is told by the field that the variable sets', async t => {
  const found = refusals(routeOf(method.getByTypes), { url: '/v1/types/+5/007/-1/1/x/!/redd/now/5/' + '%201' })
  t.same(found, [
    'int32_value: must be an integer from -2147483648 to 2147483647',
    'int64_value: must be an integer from -9223372036854775808 to 9223372036854775807',
    'uint64_value: must be an integer from 0 to 18446744073709551615',
    'bool_value: must be true or false',
    'double_value: must be a number that fits a double',
    'bytes_value: must be bytes in base64',
    'color: has no value "redd", did you mean "red"?',
    'at: must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"',
    'within: must be a duration in seconds of at most 10,000 years, such as "1.5s"',
    'wrapped: must be an integer from -9223372036854775808 to 9223372036854775807'
  ])
})

t.test('body "*" is the rest of the request', async t => {
  const route = routeOf(method.moveBook)
  const moved = create(MoveBookRequestSchema, { id: '5', toShelf: 'a' })
  const at = '/v1/books/5:move'
  for (const body of [{ to_shelf: 'a' }, { toShelf: 'a' }, { id: '5', to_shelf: 'a' }, { id: null, to_shelf: 'a' }]) {
    t.ok(equals(MoveBookRequestSchema, bind(route, { url: at, body }) as never, moved), JSON.stringify(body))
  }
  const empty = create(MoveBookRequestSchema, { id: '5' })
  t.ok(equals(MoveBookRequestSchema, bind(route, { url: at }) as never, empty), 'no body is the empty message')
  t.same(refusals(route, { url: `${at}?to_shelf=a`, body: {} }), [
    'to_shelf: must be in the body, this method has no query parameters'
  ])
  t.same(refusals(route, { url: at, body: null }), [': must be an object'])
  t.same(refusals(route, { url: at, body: [] }), [': must be an object'])
})

t.test('body "field" is that field, of whatever type, and the query is the rest', async t => {
  const cases: [index: number, body: unknown, expected: Parameters<typeof create<typeof EchoBodyRequestSchema>>[1]][] =
    [
      [0, { title: 'x' }, { messageValue: { title: 'x' } }],
      [0, undefined, {}],
      [0, null, {}],
      [1, 'x', { stringValue: 'x' }],
      [2, '5', { int64Value: 5n }],
      [3, 'red', { enumValue: Color.RED }],
      [4, 'AQ==', { bytesValue: new Uint8Array([1]) }],
      [5, [{ title: 'x' }, {}], { messageValues: [{ title: 'x' }, {}] }],
      [6, { a: { title: 'x' } }, { mapValue: { a: { title: 'x' } } }],
      [7, '2024-05-01T00:00:00Z', { timestamp: { seconds: 1714521600n } }]
    ]
  for (const [index, body, expected] of cases) {
    const route = routeOf(method.echoBody, {}, index)
    const bound = bind(route, { url: route.rule.template.text, body })
    t.ok(equals(EchoBodyRequestSchema, bound as never, create(EchoBodyRequestSchema, expected)), JSON.stringify(body))
  }
  const route = routeOf(method.echoBody, {}, 0)
  const bound = bind(route, { url: '/v1/echo/message?string_value=x', body: { title: 'y' } })
  const both = create(EchoBodyRequestSchema, { stringValue: 'x', messageValue: { title: 'y' } })
  t.ok(equals(EchoBodyRequestSchema, bound as never, both))
  t.same(refusals(route, { url: '/v1/echo/message?message_value.title=x', body: {} }), [
    'message_value.title: must be in the body, which is "message_value" as a whole'
  ])
})

t.test('what is wrong in a body that is one field is told in the names of the body', async t => {
  t.same(refusals(routeOf(method.echoBody), { url: '/v1/echo/message', body: { title: 1, author: { nme: 1 } } }), [
    'title: must be a string',
    'author.nme: unknown field "nme", did you mean "name"?'
  ])
  t.same(refusals(routeOf(method.echoBody, {}, 5), { url: '/v1/echo/list', body: [{}, { title: 1 }] }), [
    '[1].title: must be a string'
  ])
  t.throws(() => bind(routeOf(method.echoBody, {}, 2), { url: '/v1/echo/int64', body: 'x' }), {
    name: 'BindError',
    message: 'the body must be an integer from -9223372036854775808 to 9223372036854775807'
  })
})

t.test('a body where the rule has none is refused', async t => {
  for (const body of [{}, null, [], 'x']) {
    t.same(refusals(routeOf(method.listBooks), { url: '/v1/books', body }), [': this method takes no body'])
  }
})

t.test('nothing of a request that is refused gets into the next', async t => {
  const route = routeOf(method.listBooks)
  const refused = ['tags=a&author.name=b&max_price_minor=x', 'tags=a&page_size=101', 'author.name=b&nope=1']
  for (const query of refused) {
    t.not(refusals(route, { url: `/v1/books?${query}` }).length, 0, query)
    const next = create(ListBooksRequestSchema, { pageToken: 'c' })
    t.ok(equals(ListBooksRequestSchema, bind(route, { url: '/v1/books?page_token=c' }) as never, next), query)
  }
})

t.test('what the path sets can be repeated by the body, and not changed', async t => {
  const update = routeOf(method.updateBook, {}, 1)
  const cases: [body: object, refused: string[]][] = [
    [{ id: '5' }, []],
    [{ title: 'x' }, []],
    [{ id: null }, []],
    [{ id: '6' }, ['id: must be left out or be what the path says']],
    [{ id: '' }, ['id: must be left out or be what the path says']],
    [{ id: 5 }, ['id: must be a string']]
  ]
  for (const [body, refused] of cases) {
    t.same(refusals(update, { url: '/v1/books/5', body }), refused, JSON.stringify(body))
  }
  const bound = bind(update, { url: '/v1/books/5', body: { id: '5', title: 'x' } })
  const expected = create(UpdateBookRequestSchema, { book: { id: '5', title: 'x' } })
  t.ok(equals(UpdateBookRequestSchema, bound as never, expected))
  t.same(refusals(routeOf(method.moveBook), { url: '/v1/books/5:move', body: { id: '6' } }), [
    'id: must be left out or be what the path says'
  ])
})

t.test('what the path sets can be repeated by the query, and not changed', async t => {
  const route = routeOf(method.deleteBook)
  t.same(refusals(route, { url: '/v1/books/5?id=5&force=true' }), [])
  t.same(refusals(route, { url: '/v1/books/5?id=6' }), ['id: must be left out or be what the path says'])
  t.same(refusals(route, { url: '/v1/books/5?id=' }), ['id: must be left out or be what the path says'])
  const types = routeOf(method.getByTypes)
  const path = '/v1/types/1/2/3/true/1/AQ/red/2024-05-01T00:00:00Z/1s/7'
  const repeated = [
    ...[
      'int32_value=1',
      'int64_value=2',
      'bytes_value=AQ==',
      'color=COLOR_RED',
      'color=1',
      'wrapped=7',
      'wrapped.value=7'
    ],
    ...['at=2024-05-01T01:00:00%2B01:00', 'within=1.000s', 'double_value=1.0']
  ]
  for (const query of repeated) t.same(refusals(types, { url: `${path}?${query}` }), [], query)
  for (const query of [
    'int64_value=3',
    'bytes_value=AA',
    'color=green',
    'wrapped=8',
    'at=2024-05-01T00:00:01Z',
    'at.seconds=1714521600'
  ]) {
    const key = query.split('=')[0]
    t.same(refusals(types, { url: `${path}?${query}` }), [`${key}: must be left out or be what the path says`], query)
  }
})

t.test('another field of a oneof cannot displace what the path sets', async t => {
  const route = routeOf(method.getBook)
  t.same(refusals(route, { url: '/v1/books/5' }), [])
  t.same(refusals(route, { url: '/v1/books/5?name=x' }), ['name: must not be set beside "id", which the path sets'])
})

t.test('what the token sets can be repeated by the body, and not changed', async t => {
  const route = routeOf(method.createBook, { claims: ['created_by'] })
  const claims = { created_by: 'alice' }
  const bound = bind(route, { url: '/v1/books', body: book, claims })
  const expected = create(CreateBookRequestSchema, { ...book, createdBy: 'alice' })
  t.ok(equals(CreateBookRequestSchema, bound as never, expected))
  t.same(refusals(route, { url: '/v1/books', body: { ...book, createdBy: 'alice' }, claims }), [])
  for (const created_by of ['bob', '']) {
    t.same(refusals(route, { url: '/v1/books', body: { created_by }, claims }), [
      'created_by: must be left out or be what the token says'
    ])
  }
})

t.test('the path cannot name another one than the token', async t => {
  const route = routeOf(method.deleteBook, { claims: ['id'] })
  t.same(refusals(route, { url: '/v1/books/5', claims: { id: '5' } }), [])
  for (const claims of [{ id: '6' }, {}]) {
    t.same(refusals(route, { url: '/v1/books/5', claims }), ['id: must be left out or be what the token says'])
  }
})

t.test('a field that the token sets stays out of reach when the token has no such claim', async t => {
  const route = routeOf(method.createBook, { claims: ['created_by'] })
  for (const claims of [undefined, {}, { created_by: undefined }, { created_by: null }]) {
    t.same(refusals(route, { url: '/v1/books', body: { created_by: 'bob' }, claims }), [
      'created_by: must be left out or be what the token says'
    ])
    const bound = bind(route, { url: '/v1/books', body: book, claims })
    t.ok(equals(CreateBookRequestSchema, bound as never, create(CreateBookRequestSchema, book)))
  }
})

t.test('a claim that is no text is read as JSON', async t => {
  const route = routeOf(method.createBook, { claims: ['price_minor', 'author.born'] })
  const claims = { price_minor: 5, 'author.born': '1900' }
  const bound = bind(route, { url: '/v1/books', body: { title: 'x' }, claims })
  const expected = create(CreateBookRequestSchema, { title: 'x', priceMinor: 5n, author: { born: 1900 } })
  t.ok(equals(CreateBookRequestSchema, bound as never, expected))
})

t.test('a claim or a header for a field that the request does not have stops the start', async t => {
  const rule = httpRules(method.createBook)[0]!
  const where = 'fixture/v1/library.proto: fixture.v1.LibraryService.CreateBook: "/v1/books"'
  t.throws(() => compileRoute(rule, { claims: ['creator'] }), {
    name: 'RuleError',
    message: `${where}: fixture.v1.CreateBookRequest has no field "creator"`
  })
  t.throws(() => compileRoute(rule, { claims: ['tags'] }), { name: 'RuleError', message: /"tags" is repeated/ })
  const headers = headerFields({ idempotencyKeyField: '', ifMatchField: 'etag', eventStream: null })
  t.throws(() => compileRoute(rule, { headers }), {
    name: 'RuleError',
    message: `${where}: fixture.v1.CreateBookRequest has no field "etag"`
  })
})

t.test('whatever a body is made of, it is read or refused', async t => {
  const route = routeOf(method.createBook, { claims: ['created_by'] })
  const text =
    '{"title":"x","author":{"name":"y","born":1},"tags":["a"],"color":"red","price_minor":"5","created_by":"ann"}'
  const strike = fc.record({
    at: fc.nat(text.length - 1),
    byte: fc.constantFrom(...Buffer.from('{}[]",:\\0e-.tu \0é'))
  })
  let read = 0
  fc.assert(
    fc.property(fc.array(strike, { maxLength: 4 }), fc.nat(text.length), (strikes, cut) => {
      const body = Buffer.from(text)
      for (const { at, byte } of strikes) body[at] = byte
      const input = { rawPath: '/v1/books', rawQuery: '', claims: { created_by: 'ann' } }
      try {
        route.bind({ ...input, body: strikes.length === 4 ? body.subarray(0, cut) : body })
        read++
        return true
      } catch (error) {
        return error instanceof BindError
      }
    }),
    { seed: 7, numRuns: 3000 }
  )
  t.ok(read > 100 && read < 2900, `${read} of them were read`)
})

t.test('path, query and body are judged together', async t => {
  const found = refusals(routeOf(method.updateBook), {
    url: '/v1/books/5?allow_missing=1&nothing=x',
    body: { id: '6', titel: 'x', price_minor: '1.5' }
  })
  t.same(found, [
    'titel: unknown field "titel", did you mean "title"?',
    'price_minor: must be an integer from -9223372036854775808 to 9223372036854775807',
    'id: must be left out or be what the path says',
    'allow_missing: must be true or false',
    'nothing: unknown query parameter "nothing"'
  ])
})

t.test('unknown fields and query parameters are ignored where the route says so', async t => {
  const options = { unknownFields: 'ignore' } as const
  t.same(refusals(routeOf(method.createBook, options), { url: '/v1/books?x=1', body: { ...book, y: 1 } }), [])
  t.same(refusals(routeOf(method.createBook, options), { url: '/v1/books?title=1', body: {} }), [
    'title: must be in the body, this method has no query parameters'
  ])
})

t.test('a path that the rule does not match is refused, or found out before', async t => {
  const route = routeOf(method.deleteBook)
  t.equal(route.capture('/v1/books'), null)
  t.same(refusals(route, { url: '/v1/books' }), [': the path does not match /v1/books/{id}'])
  const captured = route.capture('/v1/books/5')!
  const bound = route.bind({ rawPath: '', captured, rawQuery: '', body: undefined })
  t.match(bound.message(), { id: '5' })
})

t.test('the response is printed as a whole, or the field that the rule picks', async t => {
  const book = { id: '5', title: 'x' }
  const printed = (route: CompiledRoute, wire: Uint8Array) => JSON.parse(route.print(wire).toString())
  const wire = toBinary(BookSchema, create(BookSchema, book))
  t.match(printed(routeOf(method.getBook), wire), { id: '5', title: 'x', price_minor: '0' })
  t.equal(printed(routeOf(method.getBook, {}, 2), wire), 'x')
  const books = toBinary(ListBooksResponseSchema, create(ListBooksResponseSchema, { books: [book] }))
  t.match(printed(routeOf(method.listShelfBooks), books), [{ id: '5', title: 'x' }])
  t.match(printed(routeOf(method.listShelfBooks, { print: { fieldNames: 'json' } }), books), [{ priceMinor: '0' }])
})
