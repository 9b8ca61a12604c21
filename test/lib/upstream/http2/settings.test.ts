import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import {
  applySettings,
  clientSettings,
  initialPeerSettings,
  SettingId
} from '../../../../lib/upstream/http2/settings.ts'
import { settings } from './frame-server.ts'

const frameHeaderBytes = 9

function apply(...values: [id: number, value: number][]) {
  const payload = settings(...values).subarray(frameHeaderBytes)
  return applySettings(initialPeerSettings, payload, 0, payload.length)
}

t.test('what the server says holds, and what it does not say stays', async t => {
  t.same(apply([SettingId.MAX_CONCURRENT_STREAMS, 7], [SettingId.INITIAL_WINDOW_SIZE, 1_000]), {
    ...initialPeerSettings,
    maxConcurrentStreams: 7,
    initialWindowBytes: 1_000
  })
  t.equal(apply([SettingId.MAX_FRAME_SIZE, 2 ** 24 - 1]).maxFrameBytes, 2 ** 24 - 1)
  t.equal(apply([SettingId.MAX_HEADER_LIST_SIZE, 5]).maxHeaderListBytes, 5)
  t.same(apply([0x99, 1], [SettingId.ENABLE_PUSH, 0]), initialPeerSettings, 'what is unknown means nothing')
})

t.test('the last of two values holds, and the least size of the table is known', async t => {
  const table = SettingId.HEADER_TABLE_SIZE
  t.match(apply([table, 0], [table, 8_192]), { headerTableBytes: 8_192, leastHeaderTableBytes: 0 })
  t.match(apply([table, 8_192]), { headerTableBytes: 8_192, leastHeaderTableBytes: 4_096 })
})

t.test('values that are not allowed end the connection', async t => {
  const cases: [id: number, value: number, code: number][] = [
    [SettingId.ENABLE_PUSH, 1, ErrorCode.PROTOCOL_ERROR],
    [SettingId.ENABLE_PUSH, 2, ErrorCode.PROTOCOL_ERROR],
    [SettingId.INITIAL_WINDOW_SIZE, 2 ** 31, ErrorCode.FLOW_CONTROL_ERROR],
    [SettingId.MAX_FRAME_SIZE, 2 ** 14 - 1, ErrorCode.PROTOCOL_ERROR],
    [SettingId.MAX_FRAME_SIZE, 2 ** 24, ErrorCode.PROTOCOL_ERROR]
  ]
  for (const [id, value, code] of cases) t.throws(() => apply([id, value]), { code }, `${id}: ${value}`)
  t.throws(() => applySettings(initialPeerSettings, Buffer.alloc(5), 0, 5), { code: ErrorCode.FRAME_SIZE_ERROR })
})

t.test('ours say what we take, and that nothing is to be pushed', async t => {
  t.same(
    clientSettings(1_000, 2_000),
    settings(
      [SettingId.ENABLE_PUSH, 0],
      [SettingId.INITIAL_WINDOW_SIZE, 1_000],
      [SettingId.MAX_HEADER_LIST_SIZE, 2_000]
    ).subarray(frameHeaderBytes)
  )
})
