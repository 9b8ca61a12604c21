import t from 'tap'
import { ConnectionWindow } from '../../../../lib/upstream/http2/connection-window.ts'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'

const MiB = 1024 * 1024

function setUp() {
  const updates: number[] = []
  return { updates, window: new ConnectionWindow(bytes => updates.push(bytes)) }
}

t.test('it is 16 MiB wide, and 65,535 bytes of that are there from the beginning', async t => {
  const { window, updates } = setUp()
  window.open()
  t.same(updates, [16 * MiB - 65_535])
})

t.test('what came is given back when more than half of it is used up', async t => {
  const { window, updates } = setUp()
  window.onData(8 * MiB)
  t.same(updates, [])
  window.onData(1)
  t.same(updates, [8 * MiB + 1])
})

t.test('more than it holds ends the connection', async t => {
  const { window } = setUp()
  t.throws(() => window.onData(16 * MiB + 1), { code: ErrorCode.FLOW_CONTROL_ERROR })
})
