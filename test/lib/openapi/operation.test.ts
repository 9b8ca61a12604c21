import t from 'tap'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { describe, operationAt, routesOf } from './describe.ts'

const library = describe(routesOf(LibraryService.methods))
const streams = describe(routesOf(StreamService.methods))
const { getBook, createBook, updateBook } = LibraryService.method

const policies: [what: string, policy: object, security: object[], roles: unknown][] = [
  ['anybody may call', { access: 'public' }, [], undefined],
  ['any user may call', { access: 'user' }, [{ bearer: [] }], undefined],
  [
    'one of two roles may call',
    { roles: ['operator', 'admin'] },
    [{ bearer: ['operator'] }, { bearer: ['admin'] }],
    ['operator', 'admin']
  ]
]
for (const [what, policy, security, roles] of policies) {
  t.test(`security says that ${what}`, async t => {
    const operation = operationAt(describe(routesOf([getBook], policy)), 'GET /v1/books/{id}')
    t.same(operation.security, security)
    t.same(operation['x-sluice-roles'], roles)
  })
}

t.test('the security scheme is a bearer token', async t => {
  t.same(library.components.securitySchemes, { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } })
})

t.test('a limit is told in words and in numbers', async t => {
  const { description, 'x-sluice-rate-limit': limit } = operationAt(library, 'POST /v1/books')
  t.match(description, 'Limited to 10 calls at once and 5 a second for long, for each user.')
  t.same(limit, { rate: 5, burst: 10, key: 'subject' })
})

t.test('comments become summary and description', async t => {
  t.match(operationAt(library, 'PATCH /v1/books/{id}'), {
    summary: '{f.g}, a body that is one field, and the rest from the query',
    description: 'For signed-in users.'
  })
})

t.test('the query takes all fields that a key can name, whatever their depth', async t => {
  const names = operationAt(library, 'GET /v1/books').parameters?.map(({ name }) => name)
  t.same(names, [
    'page_size',
    'page_token',
    'tags',
    'colors',
    'published_after',
    'in_stock',
    'max_price_minor',
    'author.name',
    'author.born'
  ])
})

t.test('of a query that could go on for ever, the beginning is listed', async t => {
  const names = operationAt(library, 'GET /v1/everything').parameters!.map(({ name }) => name)
  t.ok(names.length <= 200)
  t.ok(names.includes('nested.inner.count'))
  t.notOk(
    names.some(name => name.startsWith('nested.child.')),
    'no message within itself'
  )
})

t.test('parameters have the types of text, and the rules of their fields', async t => {
  const { parameters = [] } = operationAt(library, 'GET /v1/books')
  const schemaOf = (name: string) => parameters.find(parameter => parameter.name === name)?.schema
  t.same(schemaOf('page_size'), { type: 'integer', format: 'int32', minimum: 0, maximum: 100 })
  t.same(schemaOf('max_price_minor'), { type: 'integer', format: 'int64' })
  t.same(schemaOf('tags'), { type: 'array', items: { type: 'string' } })
  t.same(schemaOf('published_after'), { type: 'string', format: 'date-time' })
  t.same(schemaOf('colors'), { type: 'array', items: { $ref: '#/components/schemas/fixture.v1.Color' } })
})

t.test('what the path or the token sets is in no other place', async t => {
  t.same(
    operationAt(library, 'GET /v1/books/{id}').parameters?.map(({ name }) => name),
    ['id'],
    'not even another member of its oneof'
  )
  const { requestBody } = operationAt(library, 'POST /v1/books')
  const { properties } = requestBody!.content['application/json']!.schema!
  t.same(Object.keys(properties!), ['title', 'author', 'tags', 'color', 'price_minor', 'idempotency_key'])
  const update = operationAt(library, 'PATCH /v1/books/{id}').requestBody!.content['application/json']!.schema!
  t.notOk(Object.hasOwn(update.properties!, 'id'), 'nor within the field that is the body')
})

t.test('fields that have to be given are required, those that a header can give are not', async t => {
  const { required } = operationAt(library, 'POST /v1/books').requestBody!.content['application/json']!.schema!
  t.same(required, ['title', 'author'])
  const titleHeader = describe(routesOf([createBook], { idempotencyKeyField: 'title' }))
  const schema = operationAt(titleHeader, 'POST /v1/books').requestBody!.content['application/json']!.schema!
  t.same(schema.required, ['author'])
})

t.test('headers that set fields are parameters', async t => {
  const document = describe(routesOf([createBook, updateBook], { claims: [], idempotencyKeyField: '' }))
  t.notOk(operationAt(document, 'POST /v1/books').parameters?.length)
  t.match(operationAt(library, 'POST /v1/books').parameters, [{ name: 'Idempotency-Key', in: 'header' }])
  t.match(
    operationAt(library, 'GET /v1/books:watch').parameters?.map(({ name }) => name),
    ['after', 'Last-Event-ID']
  )
})

const successes: [place: string, status: string, content: object | undefined][] = [
  ['GET /v1/books/{id}', '200', { 'application/json': { schema: { $ref: '#/components/schemas/fixture.v1.Book' } } }],
  ['POST /v1/books', '201', { 'application/json': { schema: { $ref: '#/components/schemas/fixture.v1.Book' } } }],
  ['DELETE /v1/books/{id}', '204', undefined],
  ['HEAD /v1/probes/{id}', '200', undefined],
  ['GET /v1/books/{id}:title', '200', { 'application/json': { schema: { type: 'string' } } }],
  ['GET /v1/files/{path}', '200', { '*/*': {} }],
  [
    'POST /v1/echo/message',
    '200',
    { 'application/json': { schema: { anyOf: [{ $ref: '#/components/schemas/fixture.v1.Book' }, { type: 'null' }] } } }
  ]
]
for (const [place, status, content] of successes) {
  t.test(`${place} answers as its policy and its response_body say`, async t => {
    const { responses } = operationAt(library, place)
    t.same((responses[status] as { content?: object }).content, content)
  })
}

t.test('a server stream has all three forms', async t => {
  const { responses } = operationAt(library, 'GET /v1/books:watch')
  const item = { $ref: '#/components/schemas/fixture.v1.Book' }
  const orError = { anyOf: [item, { $ref: '#/components/schemas/Error' }] }
  t.same((responses['200'] as { content?: object }).content, {
    'application/x-ndjson': { schema: orError },
    'text/event-stream': { schema: orError },
    'application/json': { schema: { type: 'array', items: item } }
  })
  t.ok(responses['204'], 'and tells a browser that has seen everything')
})

t.test('a client stream takes lines, or an array', async t => {
  const { requestBody } = operationAt(streams, 'POST /v1/topics/{topic}:import')
  t.same(Object.keys(requestBody!.content), ['application/x-ndjson', 'application/json'])
})

t.test('a raw body is any content', async t => {
  t.same(operationAt(library, 'PUT /v1/files/{path}:upload').requestBody?.content, { '*/*': {} })
})

const errors: [place: string, has: string[], hasNot: string[]][] = [
  [
    'GET /v1/books',
    ['400', '429', '500', '502', '503', '504', 'default'],
    ['401', '403', '404', '406', '409', '412', '413', '415', '422']
  ],
  ['GET /v1/books/{id}', ['401', '403', '404'], ['409', '413', '415']],
  ['POST /v1/books', ['401', '403', '409', '413', '415', '422'], ['404', '406', '412']],
  ['GET /v1/books:watch', ['406'], ['409', '413']]
]
for (const [place, has, hasNot] of errors) {
  t.test(`${place} tells the errors that can occur, and no others`, async t => {
    const statuses = Object.keys(operationAt(library, place).responses)
    for (const status of has) t.ok(statuses.includes(status), status)
    for (const status of hasNot) t.notOk(statuses.includes(status), `no ${status}`)
  })
}

t.test('an error response names the reasons, and when to come back', async t => {
  const { TooManyRequests, Unauthorized } = library.components.responses
  t.match(TooManyRequests, { description: /`RATE_LIMITED`/, headers: { 'Retry-After': {} } })
  t.match(Unauthorized, { description: /`TOKEN_MISSING`.*\n.*`TOKEN_INVALID`/, headers: { 'WWW-Authenticate': {} } })
  t.same(Object.keys(TooManyRequests!.content!), ['application/json', 'application/problem+json'])
})
