import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import type { OpenApiDocument } from '../../../lib/openapi/types.ts'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { methodWith } from '../httprule/method-with.ts'
import { describe, operationAt, routesOf } from './describe.ts'

const library = routesOf(LibraryService.methods)

function operationsOf({ paths }: OpenApiDocument) {
  return Object.keys(paths).flatMap(path =>
    Object.keys(paths[path]!).map(method => operationAt({ paths } as OpenApiDocument, `${method} ${path}`))
  )
}

for (const service of [LibraryService, StreamService]) {
  t.test(`the document of the ${service.name} is valid OpenAPI 3.1`, async t => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate({ ...describe(routesOf(service.methods)) })
    t.ok(valid, JSON.stringify(errors))
    t.equal(validator.version, '3.1')
  })
}

t.test('the same routes make the same document', async t => {
  t.equal(JSON.stringify(describe(routesOf(LibraryService.methods))), JSON.stringify(describe(library)))
})

t.test('every rule has an operation, with an id of its own', async t => {
  const operations = operationsOf(describe(library))
  const rules = new Set(operations.map(operation => operation['x-sluice-template']))
  t.same([...rules].sort(), [...new Set(library.map(({ rule }) => rule.template.text))].sort())
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
})

t.test('operations are called after their rpcs, and additional bindings are counted', async t => {
  const document = describe(library)
  const ids: [place: string, id: string][] = [
    ['GET /v1/books/{id}', 'fixture.v1.LibraryService.GetBook'],
    ['GET /v1/shelves/{name.1}/books/{name.2}', 'fixture.v1.LibraryService.GetBook.2'],
    ['GET /v1/books/{id}:title', 'fixture.v1.LibraryService.GetBook.3']
  ]
  for (const [place, id] of ids) t.equal(operationAt(document, place).operationId, id)
})

t.test('every reference leads to a component', async t => {
  const document = describe([...library, ...routesOf(StreamService.methods)])
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)
  for (const [, kind, name] of references) {
    const components = document.components[kind as keyof typeof document.components]
    if (!Object.hasOwn(components, name!)) t.fail(`${kind} ${name}`)
  }
  t.ok(document.components.schemas['fixture.v1.Nested'], 'of messages in themselves, too')
})

t.test('paths that differ in the names of parameters only are one path', async t => {
  const document = describe(library)
  t.same(Object.keys(document.paths['/v1/books/{id}']!), ['get', 'patch', 'put', 'delete'])
  t.match(operationAt(document, 'PATCH /v1/books/{id}').parameters, [
    { name: 'id', in: 'path', required: true, description: 'Sets `book.id`.' }
  ])
})

t.test('** stands for as many segments as no other rule serves', async t => {
  const [one, any] = ['/v1/files/{book.id}', '/v1/files/{book.id=**}'].map(value =>
    methodWith({ pattern: { case: 'get', value } })
  )
  const { paths } = describe(routesOf([any!, one!]))
  t.same(Object.keys(paths), ['/v1/files/{book.id}', '/v1/files/{book.id.1}/{book.id.2}'])
})

t.test('any method is those that OpenAPI knows and no other rule serves', async t => {
  const any = methodWith({ pattern: { case: 'custom', value: { kind: '*', path: '/v1/books/{book.id}' } } })
  const read = methodWith({ pattern: { case: 'get', value: '/v1/books/{book.id}' } })
  const { paths } = describe(routesOf([any, read]))
  t.same(Object.keys(paths['/v1/books/{book.id}']!), ['get', 'put', 'post', 'delete', 'patch'])
})

t.test('a method that OpenAPI does not know is in an extension', async t => {
  const purge = methodWith({ pattern: { case: 'custom', value: { kind: 'PURGE', path: '/v1/books/{book.id}' } } })
  const document = describe(routesOf([purge]))
  t.match(document.paths['/v1/books/{book.id}'], { 'x-sluice-operations': { PURGE: { operationId: String } } })
  t.ok((await new Validator().validate({ ...document })).valid)
})

t.test('a service is a tag, with its comment', async t => {
  t.same(describe(library).tags, [{ name: 'fixture.v1.LibraryService' }])
  t.same(operationAt(describe(library), 'GET /v1/books').tags, ['fixture.v1.LibraryService'])
})

t.test('services that print differently have schemas of their own', async t => {
  const { getBook, listBooks } = LibraryService.method
  const document = describe([...routesOf([getBook]), ...routesOf([listBooks], {}, { fieldNames: 'json' })])
  t.ok(document.components.schemas['fixture.v1.Book']?.properties?.price_minor)
  t.ok(document.components.schemas['fixture.v1.Book-2']?.properties?.priceMinor)
})
