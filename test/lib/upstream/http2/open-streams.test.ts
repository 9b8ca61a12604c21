import t from 'tap'
import { ErrorCode, StreamError } from '../../../../lib/upstream/http2/errors.ts'
import { maxStreamId } from '../../../../lib/upstream/http2/frames.ts'
import type { OpenStreams } from '../../../../lib/upstream/http2/open-streams.ts'
import { ok, send, setUp } from './tested-streams.ts'

t.test('ids are odd, and grow', async t => {
  const { open } = setUp()
  t.same([open().streamId, open().streamId, open().streamId], [1, 3, 5])
})

t.test('the highest id is the last', async t => {
  const { streams, open } = setUp({ firstId: maxStreamId - 2 })
  open()
  t.equal(streams.hasIds, true)
  t.equal(open().streamId, maxStreamId)
  t.equal(streams.hasIds, false)
})

t.test('an answer of headers, data and trailers ends its stream', async t => {
  const { streams, open, told } = setUp()
  const stream = open()
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'hello')
  streams.onHeaders(1, ['grpc-status', '0'], true)
  t.match(stream, { headers: ok, trailers: ['grpc-status', '0'], isEnded: false, outcome: null })
  t.equal(String(stream.body), 'hello')
  t.same(told, ['closed 1'])
})

t.test('an answer may end without trailers: with its data, or its headers', async t => {
  const { streams, open } = setUp()
  const long = open()
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'a', { isEnd: true })
  t.match(long, { isEnded: true, outcome: null })
  const short = open()
  streams.onHeaders(3, ok, true)
  t.match(short, { headers: ok, trailers: null, outcome: null })
})

// RFC 9113, section 8.1: a server may want no more of the request, and says so by NO_ERROR behind its answer.
t.test('a reset behind a whole answer takes nothing from it', async t => {
  const { streams, open } = setUp()
  const stream = open()
  streams.onHeaders(1, ok, true)
  streams.onReset(1, ErrorCode.NO_ERROR)
  t.equal(stream.outcome, null)
})

t.test('when the answer is whole before the request is, the rest of the request is not sent', async t => {
  const { streams, open, told } = setUp()
  const stream = Object.assign(open(), { isLocalEnded: false })
  streams.onHeaders(1, ok, true)
  t.equal(stream.outcome, null)
  t.same(told, [`reset 1 ${ErrorCode.CANCEL}`, 'closed 1'])
})

t.test('a reset tells its code, and that a refused stream was not begun with', async t => {
  const { streams, open } = setUp()
  const [failed, refused] = [open(), open()]
  streams.onReset(1, ErrorCode.INTERNAL_ERROR)
  streams.onReset(3, ErrorCode.REFUSED_STREAM)
  t.match(failed.outcome, { code: 2, origin: 'peer', isUnprocessed: false, message: /INTERNAL_ERROR/ })
  t.match(refused.outcome, { code: 7, origin: 'peer', isUnprocessed: true, message: /REFUSED_STREAM/ })
})

const malformed: [title: string, play: (streams: OpenStreams) => void][] = [
  ['data before headers', streams => send(streams, 1, 'a')],
  ['headers without a status', streams => streams.onHeaders(1, ['a', 'b'], false)],
  ['headers that are larger than we take', streams => streams.onHeaders(1, null, false)],
  ['1xx at the end', streams => streams.onHeaders(1, [':status', '103'], true)],
  ['a length, and no body', streams => streams.onHeaders(1, [...ok, 'content-length', '1'], true)],
  ['headers twice', streams => [false, false].map(isEnd => streams.onHeaders(1, ok, isEnd))],
  [
    'more than its length',
    streams => {
      streams.onHeaders(1, [...ok, 'content-length', '1'], false)
      send(streams, 1, 'ab')
    }
  ],
  [
    'less than its length',
    streams => {
      streams.onHeaders(1, [...ok, 'content-length', '3'], false)
      send(streams, 1, 'ab', { isEnd: true })
    }
  ],
  [
    'trailers before its length',
    streams => {
      streams.onHeaders(1, [...ok, 'content-length', '3'], false)
      streams.onHeaders(1, ['grpc-status', '0'], true)
    }
  ],
  [
    'a status in trailers',
    streams => {
      streams.onHeaders(1, ok, false)
      streams.onHeaders(1, ok, true)
    }
  ]
]

// RFC 9113, section 8.1.1.
for (const [title, play] of malformed) {
  t.test(`an answer with ${title} resets its stream, and no other`, async t => {
    const { streams, open, told } = setUp()
    const [stream, other] = [open(), open()]
    play(streams)
    t.match(stream.outcome, { code: ErrorCode.PROTOCOL_ERROR, origin: 'local', isUnprocessed: false })
    t.same(told, ['reset 1 1', 'closed 1'])
    t.equal(other.outcome, undefined)
  })
}

t.test('1xx comes before an answer and is not told', async t => {
  const { streams, open } = setUp()
  const stream = open()
  for (let count = 0; count < 32; count++) streams.onHeaders(1, [':status', '103'], false)
  t.equal(stream.headers, null)
  streams.onHeaders(1, ok, true)
  t.same(stream.headers, ok)
})

t.test('frames of a stream that is over are ignored', async t => {
  const { streams, open, told } = setUp()
  const stream = open()
  stream.reset(ErrorCode.CANCEL)
  const toldBefore = [...told]
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'late', { isEnd: true })
  streams.onReset(1, ErrorCode.NO_ERROR)
  t.equal(streams.onWindowUpdate(1, 10), null)
  t.equal(streams.onWindowUpdate(1, 0), null)
  t.same(told, toldBefore)
  t.equal(stream.headers, null)
})

// RFC 9113, sections 5.1 (idle) and 5.1.1 (even ids are the server's, and pushes are not allowed).
t.test('frames of a stream that was never opened end the connection', async t => {
  const { streams, open } = setUp()
  open()
  for (const streamId of [2, 3, maxStreamId]) {
    for (const play of [
      () => streams.onHeaders(streamId, ok, false),
      () => send(streams, streamId, 'a'),
      () => streams.onReset(streamId, 0),
      () => streams.onWindowUpdate(streamId, 1)
    ]) {
      t.throws(play, { name: 'ConnectionError', code: ErrorCode.PROTOCOL_ERROR })
    }
  }
})

for (const hook of ['onHeaders', 'onData', 'onTrailers'] as const) {
  t.test(`when ${hook} throws, the stream ends with that, and no other`, async t => {
    const { streams, open, told } = setUp()
    const bug = new TypeError('bug')
    const stream = open()
    const other = open()
    stream[hook] = () => {
      throw bug
    }
    streams.onHeaders(1, ok, false)
    send(streams, 1, 'a')
    streams.onHeaders(1, ['grpc-status', '0'], true)
    t.match(stream.outcome, { code: ErrorCode.INTERNAL_ERROR, origin: 'local', cause: bug })
    t.same(told, ['reset 1 2', 'closed 1'])
    t.equal(other.outcome, undefined)
  })

  t.test(`a stream may be reset in ${hook}, and hears nothing more`, async t => {
    const { streams, open, told } = setUp()
    const stream = Object.assign(open(), { isLocalEnded: false })
    stream[hook] = () => stream.reset(ErrorCode.CANCEL)
    streams.onHeaders(1, ok, false)
    send(streams, 1, 'a')
    streams.onHeaders(1, ['grpc-status', '0'], true)
    t.match(stream.outcome, { code: ErrorCode.CANCEL, origin: 'local' })
    t.same(told, ['reset 1 8', 'closed 1'])
    t.equal(stream.isEnded, false)
  })
}

t.test('all that an error is meant for are closed, and one that ends another does not end it twice', async t => {
  const { streams, open, told } = setUp()
  const [kept, first, second] = [open(), open(), open()]
  first.onClosed = () => second.reset(ErrorCode.CANCEL)
  const outcomes: unknown[] = []
  second.onClosed = error => outcomes.push(error?.origin)
  streams.closeAll(({ streamId }) => (streamId > 1 ? new StreamError(0, 'connection', true, 'GOAWAY') : null))
  t.same(outcomes, ['local'])
  t.equal(kept.outcome, undefined)
  t.equal(streams.size, 1)
  t.same(told, ['reset 5 8', 'closed 5', 'closed 3'])
})
