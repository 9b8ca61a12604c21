import type { DescMethod } from '@bufbuild/protobuf'
import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import {
  EchoBodyRequestSchema,
  LibraryService,
  ListBooksRequestSchema
} from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { RepeatedsSchema, WellKnownSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { methodWith } from './method-with.ts'

function summary(method: DescMethod): string[] {
  return httpRules(method).map(rule =>
    [rule.httpMethod, rule.template.text, `body=${rule.body}`, `response=${rule.responseBody}`].join(' ')
  )
}

t.test('a method has its rule and its additional bindings, each with a body of its own', async t => {
  const { method } = LibraryService
  t.same(summary(method.listBooks), ['GET /v1/books body= response='])
  t.same(summary(method.getBook), [
    'GET /v1/books/{id} body= response=',
    'GET /v1/{name=shelves/*/books/*} body= response=',
    'GET /v1/books/{id}:title body= response=title'
  ])
  t.same(summary(method.updateBook), [
    'PATCH /v1/books/{book.id} body=book response=',
    'PUT /v1/books/{book.id} body=book response='
  ])
  t.same(summary(method.createBook), ['POST /v1/books body=* response='])
  t.same(summary(method.deleteBook), ['DELETE /v1/books/{id} body= response='])
  t.same(summary(method.probe), ['HEAD /v1/probes/{id} body= response=', '* /v1/probes/{id}:any body= response='])
  t.equal(httpRules(method.echoBody).length, 9)
  t.equal(httpRules(method.getBook)[0]?.method, method.getBook)
})

t.test('a method without a rule has no route', async t => {
  t.same(httpRules(LibraryService.method.reindex), [])
})

t.test('a variable may be any scalar, enum or message whose JSON is a scalar', async t => {
  t.equal(httpRules(LibraryService.method.getByTypes)[0]?.template.variables.length, 10)
  const paths = [
    'timestamp',
    'timestamp.seconds',
    'duration',
    'field_mask',
    'int64_wrapper',
    'string_wrapper',
    'null_value'
  ]
  for (const path of paths) {
    const method = methodWith({ pattern: { case: 'get', value: `/v1/{${path}}` } }, WellKnownSchema)
    t.equal(httpRules(method).length, 1, path)
  }
})

t.test('a rule that cannot be served stops the start, by file, rpc, template and column', async t => {
  const get = (value: string) => ({ pattern: { case: 'get', value } as const })
  const post = (value: string, body: string) => ({ pattern: { case: 'post', value } as const, body })
  const request = 'fixture.v1.UpdateBookRequest'
  const cases: [method: DescMethod, description: string, column: number | null][] = [
    [methodWith(get('/v1/{id')), "expected '}' at column 8", 8],
    [methodWith(get('/v1/{id}')), `${request} has no field "id", at column 6`, 6],
    [methodWith(get('/v1/{book.name}')), 'fixture.v1.Book has no field "name", at column 6', 6],
    [methodWith(get('/v1/{allowMissing}')), `${request} has no field "allowMissing", at column 6`, 6],
    [methodWith(get('/v1/{book}')), '"book" is a message, only one of its fields can be set, at column 6', 6],
    [methodWith(get('/v1/{book.tags}')), '"tags" is repeated, it has no single value, at column 6', 6],
    [methodWith(get('/v1/{book.labels}')), '"labels" is repeated, it has no single value, at column 6', 6],
    [methodWith(get('/v1/{book.tags.x}')), '"tags" is repeated, it has no single value, at column 6', 6],
    [methodWith(get('/v1/{book.id.x}')), '"id" has no field "x" that can be set by itself, at column 6', 6],
    [
      methodWith(get('/v1/{book.published_at}/{book.published_at.seconds}')),
      '"book.published_at.seconds" is part of "book.published_at", at column 26',
      26
    ],
    [
      methodWith(get('/v1/{int64_wrapper.value}'), WellKnownSchema),
      '"int64_wrapper" has no field "value" that can be set by itself, at column 6',
      6
    ],
    [
      methodWith(get('/v1/{any.type_url}'), WellKnownSchema),
      '"any" has no field "type_url" that can be set by itself, at column 6',
      6
    ],
    [
      methodWith(get('/v1/{struct}'), WellKnownSchema),
      '"struct" is a message, only one of its fields can be set, at column 6',
      6
    ],
    [
      methodWith(get('/v1/{double_values}'), RepeatedsSchema),
      '"double_values" is repeated, it has no single value, at column 6',
      6
    ],
    [methodWith({ ...get('/v1/x'), body: '*' }), 'body: a GET request has none (RFC 9110, section 9.3.1)', null],
    [methodWith(post('/v1/x', 'nothing')), `body: ${request} has no field "nothing"`, null],
    [methodWith(post('/v1/x', 'book.id')), `body: ${request} has no field "book.id"`, null],
    [
      methodWith(post('/v1/{string_value}', 'string_value'), EchoBodyRequestSchema),
      'body: "string_value" is in the path, at column 6',
      6
    ],
    [
      methodWith({ ...get('/v1/x'), responseBody: 'nothing' }),
      'response_body: fixture.v1.Book has no field "nothing"',
      null
    ],
    ...['BAD METHOD', 'get', 'FETCH', 'CONNECT', ''].map((kind): [DescMethod, string, null] => [
      methodWith({ pattern: { case: 'custom', value: { kind, path: '/v1/x' } } }),
      `custom.kind: "${kind}" is not a method that a request can have`,
      null
    ]),
    [methodWith({ additionalBindings: [get('/v1/x')] }), 'the rule has no path', null],
    [methodWith({}), 'the rule has no path', null],
    [
      methodWith({ ...get('/v1/x'), additionalBindings: [{ ...get('/v1/y'), additionalBindings: [get('/v1/z')] }] }),
      'an additional binding cannot have additional bindings',
      null
    ]
  ]
  for (const [method, description, column] of cases) {
    const error = t.throws(() => httpRules(method), { name: 'RuleError', column }, description) as unknown as Error & {
      template: string
    }
    t.equal(
      error.message,
      `fixture/v1/library.proto: fixture.v1.LibraryService.UpdateBook: "${error.template}": ${description}`
    )
  }
})

t.test('scalars behind a message in the path are found', async t => {
  const method = methodWith({ pattern: { case: 'get', value: '/v1/{author.name}' } }, ListBooksRequestSchema)
  t.equal(httpRules(method)[0]?.template.variables[0]?.fieldPath, 'author.name')
})
