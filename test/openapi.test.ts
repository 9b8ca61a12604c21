// The tests hold answers against the document; here it is shown that they would notice.
import t from 'tap'
import { httpRules } from '../lib/httprule/rules.ts'
import { routePolicy } from '../lib/policies/route-policy.ts'
import { LibraryService } from './fixtures/gen/fixture/v1/library_pb.ts'
import { contractOf, describeRoutes, type Exchange } from './openapi.ts'

const { createBook, listShelfBooks, watchBooks } = LibraryService.method
const routes = [createBook, listShelfBooks, watchBooks].map(method => ({
  rule: httpRules(method)[0]!,
  policy: routePolicy(method),
  print: {}
}))
const hold = contractOf(describeRoutes(routes))

const book = { id: '1', title: 'Emma', tags: [], color: 'red', price_minor: '1', labels: {} }
const error = { error: 'no', code: 'NOT_FOUND', reason: 'GONE', details: [], request_id: '1', trace_id: '' }
const created: Exchange = {
  method: 'POST',
  path: '/v1/books',
  sent: { title: 'Emma', author: { name: 'Jane' } },
  status: 201,
  contentType: 'application/json; charset=utf-8',
  text: JSON.stringify(book)
}
const watched = { method: 'GET', path: '/v1/books:watch?after=1', sent: undefined, status: 200 }

const kept: [what: string, exchange: Exchange][] = [
  ['what was created', created],
  ['an error', { ...created, status: 404, text: JSON.stringify(error) }],
  ['lines', { ...watched, contentType: 'application/x-ndjson', text: `${created.text}\n${JSON.stringify(error)}\n` }],
  ['events', { ...watched, contentType: 'text/event-stream', text: `id: 1\ndata: ${created.text}\n\n` }],
  ['an array', { ...watched, contentType: 'application/json', text: `[${created.text}]` }],
  ['what it does not describe', { ...created, path: '/elsewhere', text: 'anything' }]
]
for (const [what, exchange] of kept) t.test(`it lets pass: ${what}`, async t => t.doesNotThrow(() => hold(exchange)))

const broken: [what: string, exchange: Exchange][] = [
  ['a value of another type', { ...created, text: JSON.stringify({ ...book, title: 1 }) }],
  ['a value that the enum does not have', { ...created, text: JSON.stringify({ ...book, color: 'COLOR_RED' }) }],
  ['a field that is not described', { ...created, text: JSON.stringify({ ...book, secret: 1 }) }],
  ['a field that is missing', { ...created, text: JSON.stringify({ ...book, title: undefined }) }],
  ['another status', { ...created, status: 200 }],
  ['another content type', { ...created, contentType: 'text/html' }],
  ['an error of another shape', { ...created, status: 404, text: '{"message":"no"}' }],
  ['a body that should have been refused', { ...created, sent: { title: '' } }],
  ['a line', { ...watched, contentType: 'application/x-ndjson', text: '{"id":1}\n' }],
  ['an event', { ...watched, contentType: 'text/event-stream', text: 'data: {"id":1}\n\n' }]
]
for (const [what, exchange] of broken) t.test(`it notices: ${what}`, async t => t.throws(() => hold(exchange)))
