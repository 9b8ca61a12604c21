import t from 'tap'
import { Output } from '../../../../lib/upstream/http2/output.ts'
import { nextTurn, RecordedSocket } from './recorded-socket.ts'

function setUp() {
  const socket = new RecordedSocket()
  const told = { flushed: 0 }
  const output = new Output(socket, () => {
    told.flushed += 1
  })
  return { socket, output, told, put: (text: string) => put(output, text) }
}

function put(output: Output, text: string): void {
  const offset = output.reserve(text.length)
  output.commit(offset + output.buffer.write(text, offset, 'latin1'))
}

t.test('what is written in one turn leaves in one write', async t => {
  const { socket, put, told } = setUp()
  put('one ')
  put('two ')
  put('three')
  t.equal(socket.writes.length, 0)
  await nextTurn()
  t.same(socket.writes.map(String), ['one two three'])
  t.equal(told.flushed, 1)
})

t.test('what is large goes out in its place, without a copy', async t => {
  const { socket, output, put } = setUp()
  put('before ')
  output.reference(Buffer.from('large'))
  put(' behind')
  output.flush()
  t.equal(String(socket.bytes), 'before large behind')
  t.equal(socket.corks, 0, 'uncorked as often as corked')
})

t.test('what was handed out stays as it is, over many slabs', async t => {
  const { socket, output } = setUp()
  const texts = Array.from({ length: 20 }, (_, index) => String(index).padEnd(10_000, '.'))
  for (const text of texts) put(output, text)
  output.flush()
  t.equal(String(socket.bytes), texts.join(''))
})

t.test('data waits while the socket takes no more, and goes on when it does', async t => {
  const { socket, output, put, told } = setUp()
  socket.takesMore = false
  put('a')
  await nextTurn()
  t.equal(output.isFull, true)
  t.equal(told.flushed, 0)
  output.unblock()
  t.equal(output.isFull, false)
})

t.test('data waits behind a quarter of a mebibyte in one turn', async t => {
  const { output } = setUp()
  output.reference(Buffer.alloc(256 * 1024 - 1))
  t.equal(output.isFull, false)
  put(output, 'a')
  t.equal(output.isFull, true)
  t.equal(output.backlog, 256 * 1024)
})

t.test('each write counts, and nothing to write is none', async t => {
  const { output, put } = setUp()
  output.flush()
  t.equal(output.flushes, 0)
  put('a')
  output.flush()
  t.equal(output.flushes, 1)
})

t.test('once stopped, nothing goes to the socket', async t => {
  const { socket, output, put } = setUp()
  put('before')
  output.stop()
  put('behind')
  await nextTurn()
  output.flush()
  t.same(socket.writes, [])
})
