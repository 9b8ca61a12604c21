import t from 'tap'
import type { StreamForm } from '../../../lib/stream/negotiate.ts'
import { compileWriters } from '../../../lib/stream/writer.ts'

/** A stream of messages in a form, as text. */
function write(form: StreamForm, messages: string[], { event = '', ids = [] as string[] } = {}): string {
  const writer = compileWriters({ event })[form]
  const chunks = messages.map((json, index) => writer.message(Buffer.from(json), index, ids[index]))
  return Buffer.concat([...chunks, writer.end(messages.length) ?? Buffer.alloc(0)]).toString()
}

t.test('NDJSON is a line per message', async t => {
  t.equal(write('ndjson', []), '')
  t.equal(write('ndjson', ['{"a":1}', '{"a":2}']), '{"a":1}\n{"a":2}\n')
})

t.test('an array is one JSON text', async t => {
  t.equal(write('array', []), '[]')
  t.equal(write('array', ['1']), '[1]')
  t.equal(write('array', ['{"a":1}', '{"a":2}', 'null']), '[{"a":1},{"a":2},null]')
})

t.test('an event has its id and its name', async t => {
  t.equal(write('sse', []), '')
  t.equal(write('sse', ['{}']), 'data: {}\n\n')
  t.equal(
    write('sse', ['{"a":1}', '{"a":2}'], { event: 'order.status', ids: ['7', '8'] }),
    'id: 7\nevent: order.status\ndata: {"a":1}\n\nid: 8\nevent: order.status\ndata: {"a":2}\n\n'
  )
})

t.test('an id that would break the event is left out', async t => {
  for (const id of ['a\nb', 'a\rb', 'a\0b']) t.equal(write('sse', ['{}'], { ids: [id] }), 'data: {}\n\n')
})

t.test('an error is a last line, an event, or nothing that an array could hold', async t => {
  const { ndjson, sse, array } = compileWriters({ event: 'book' })
  t.equal(String(ndjson.error('{"error":"gone"}')), '{"error":"gone"}\n')
  t.equal(String(sse.error('{"error":"gone"}')), 'event: error\ndata: {"error":"gone"}\n\n')
  t.equal(array.error('{"error":"gone"}'), null)
})

t.test('only events have comments to keep a connection alive', async t => {
  const { ndjson, sse, array } = compileWriters({ event: '' })
  t.equal(String(sse.keepAlive), ': keep-alive\n\n')
  t.same([ndjson.keepAlive, array.keepAlive], [null, null])
})
