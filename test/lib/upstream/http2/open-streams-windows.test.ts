import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { maxWindowBytes } from '../../../../lib/upstream/http2/frames.ts'
import { ok, send, setUp } from './tested-streams.ts'

t.test('what is taken is given back to the server when it is half of the window', async t => {
  const { streams, open, told } = setUp()
  const stream = open()
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'x'.repeat(49))
  t.same(told, [])
  send(streams, 1, 'x')
  t.same(told, ['window 1 50'])
  t.equal(stream.receiveWindow, 100)
})

// RFC 9113, section 6.1: padding is flow-controlled, and nobody else will give it back.
t.test('padding counts, and is given back by itself', async t => {
  const { streams, open, told } = setUp()
  const stream = Object.assign(open(), { takesAll: false })
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'x', { padding: 59 })
  t.same(told, ['window 1 59'])
  t.equal(stream.receiveWindow, 99)
})

t.test('more than the window ends the stream', async t => {
  const { streams, open, told } = setUp()
  const stream = Object.assign(open(), { takesAll: false })
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'x'.repeat(100))
  t.equal(stream.outcome, undefined)
  send(streams, 1, '', { padding: 1 })
  t.match(stream.outcome, { code: ErrorCode.FLOW_CONTROL_ERROR, origin: 'local' })
  t.same(told, ['reset 1 3', 'closed 1'])
})

t.test('what is taken of a stream that is over is not given back', async t => {
  const { streams, open, told } = setUp()
  const stream = Object.assign(open(), { takesAll: false })
  streams.onHeaders(1, ok, false)
  send(streams, 1, 'x'.repeat(100), { isEnd: true })
  stream.consumed(100)
  t.same(told, ['closed 1'])
})

t.test('the window that the server has for a stream grows to 2^31 - 1', async t => {
  const { streams, open } = setUp()
  const stream = Object.assign(open(), { sendWindow: 1 })
  t.equal(streams.onWindowUpdate(1, maxWindowBytes - 1), stream)
  t.equal(stream.sendWindow, maxWindowBytes)
  t.equal(streams.onWindowUpdate(1, 1), null)
  t.match(stream.outcome, { code: ErrorCode.FLOW_CONTROL_ERROR })
})

t.test('a window that grows by nothing ends its stream', async t => {
  const { streams, open } = setUp()
  const stream = open()
  streams.onWindowUpdate(1, 0)
  t.match(stream.outcome, { code: ErrorCode.PROTOCOL_ERROR })
})

// RFC 9113, section 6.9.2.
t.test('all windows change with the setting, to below nothing and back', async t => {
  const { streams, open } = setUp()
  const [used, unused] = [Object.assign(open(), { sendWindow: 5 }), open()]
  streams.widenAll(-65_535)
  t.same([used.sendWindow, unused.sendWindow], [-65_530, 0])
  streams.widenAll(65_530)
  t.same([used.sendWindow, unused.sendWindow], [0, 65_530])
  t.throws(() => streams.widenAll(maxWindowBytes), { code: ErrorCode.FLOW_CONTROL_ERROR })
})
