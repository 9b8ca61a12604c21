import { create, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { compileReadRawBody, rawBodyHeaders, rawBodyToWire, takesRawBody } from '../../../lib/stream/http-body.ts'
import { PrintError } from '../../../lib/transcode/errors.ts'
import { CoverSchema, StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { HttpBodySchema } from '../../fixtures/gen/google/api/httpbody_pb.ts'

const { method } = StreamService
const data = Buffer.from('{}')

t.test('a body is raw where the rule makes it an HttpBody', async t => {
  const raw = [method.uploadFile, method.putThumbnail, method.inspectFile]
  const json = [method.importTopic, method.searchTopic, method.watchTopic, method.downloadFile]
  for (const { name, rules } of [...raw, ...json].map(rpc => ({ name: rpc.name, rules: httpRules(rpc) }))) {
    t.equal(
      takesRawBody(rules[0]!),
      raw.some(rpc => rpc.name === name),
      name
    )
  }
})

t.test('an answer is raw where the rule picks an HttpBody', async t => {
  const body = create(HttpBodySchema, { contentType: 'a/b', data })
  t.match(compileReadRawBody(httpRules(method.getThumbnail)[0]!)?.(toBinary(HttpBodySchema, body)), {
    contentType: 'a/b'
  })
  const readCover = compileReadRawBody(httpRules(method.getCover)[0]!)
  t.match(readCover?.(toBinary(CoverSchema, create(CoverSchema, { image: body }))), { contentType: 'a/b' })
  t.equal(readCover?.(new Uint8Array(0)), undefined)
  for (const rpc of [method.watchTopic, method.uploadFile]) t.equal(compileReadRawBody(httpRules(rpc)[0]!), null)
})

t.test('a raw body becomes the bytes of an HttpBody', async t => {
  t.same(
    Buffer.from(rawBodyToWire('text/plain', data)),
    Buffer.from(toBinary(HttpBodySchema, create(HttpBodySchema, { contentType: 'text/plain', data })))
  )
})

t.test('a content type is told as the service gave it, and must not be guessed around', async t => {
  const types = [
    'text/html',
    'text/html; charset=utf-8',
    'multipart/mixed;boundary="a b"',
    'application/vnd.a+json;v=1'
  ]
  for (const contentType of types) {
    t.same(rawBodyHeaders({ contentType, data }), { 'content-type': contentType, 'x-content-type-options': 'nosniff' })
  }
  t.match(rawBodyHeaders({ contentType: '', data }), { 'content-type': 'application/octet-stream' })
  t.match(rawBodyHeaders(undefined), { 'content-type': 'application/octet-stream' })
})

t.test('one that is none is the fault of the service', async t => {
  const types = [
    'html',
    'text/',
    '/html',
    'a/b/c',
    'text/html; charset',
    'text/html;',
    'text/html\r\nx: y',
    'text/é',
    ' a/b'
  ]
  for (const contentType of types) t.throws(() => rawBodyHeaders({ contentType, data }), PrintError, contentType)
})
