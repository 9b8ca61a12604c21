import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { RequestError } from '../../../../errors.ts'
import { closedError, isUnsent, pushbackMs, unavailable } from '../../../../lib/upstream/grpc/stream-status.ts'
import { ConnectionError, ErrorCode, StreamError } from '../../../../lib/upstream/http2/errors.ts'

t.test('a reset is told by its code', async t => {
  const rows: [keyof typeof ErrorCode, Code][] = [
    ['NO_ERROR', Code.Internal],
    ['PROTOCOL_ERROR', Code.Internal],
    ['INTERNAL_ERROR', Code.Internal],
    ['FLOW_CONTROL_ERROR', Code.Internal],
    ['SETTINGS_TIMEOUT', Code.Internal],
    ['STREAM_CLOSED', Code.Internal],
    ['FRAME_SIZE_ERROR', Code.Internal],
    ['REFUSED_STREAM', Code.Unavailable],
    ['CANCEL', Code.Canceled],
    ['COMPRESSION_ERROR', Code.Internal],
    ['CONNECT_ERROR', Code.Internal],
    ['ENHANCE_YOUR_CALM', Code.ResourceExhausted],
    ['INADEQUATE_SECURITY', Code.PermissionDenied]
  ]
  for (const [name, code] of rows) {
    const cause = new StreamError(ErrorCode[name], 'peer', false, 'no')
    t.match(closedError(cause), { code, cause }, name)
  }
  t.equal(closedError(null).code, Code.Internal, 'an end without a status')
})

t.test('a connection is lost, unless it ended because the upstream breaks HTTP/2', async t => {
  const lost = new StreamError(ErrorCode.INTERNAL_ERROR, 'connection', false, 'lost', new Error('ECONNRESET'))
  t.match(closedError(lost), { code: Code.Unavailable, cause: lost })
  const violation = new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'no')
  const broken = new StreamError(ErrorCode.PROTOCOL_ERROR, 'connection', false, 'broken', violation)
  t.match(closedError(broken), { code: Code.Internal, cause: broken })
})

t.test('what certainly never began is unsent, whatever it is wrapped in', async t => {
  const unprocessed = closedError(new StreamError(ErrorCode.REFUSED_STREAM, 'peer', true, 'no'))
  const noConnection = unavailable('no connection', new Error('ECONNREFUSED'))
  for (const error of [unprocessed, noConnection]) {
    t.equal(error.code, Code.Unavailable)
    t.equal(isUnsent(error), true)
    t.equal(isUnsent(new RequestError('SLUICE_ERR_UPSTREAM_UNAVAILABLE', { cause: error })), true)
  }
  t.equal(isUnsent(closedError(new StreamError(ErrorCode.INTERNAL_ERROR, 'connection', false, 'no'))), false, 'no')
  t.equal(isUnsent(new ConnectError('no', Code.Unavailable)), false)
  t.equal(isUnsent(null), false)
})

t.test('an upstream says when it wants to be asked again, or that it does not', async t => {
  const rows: [string, number | 'never'][] = [
    ['0', 0],
    ['250', 250],
    ['-1', 'never'],
    ['soon', 'never'],
    ['', 'never'],
    ['1, 2', 'never'],
    ['2147483647', 2_147_483_647],
    ['2147483648', 'never']
  ]
  for (const [value, expected] of rows) {
    const error = new ConnectError('busy', Code.Unavailable, { 'grpc-retry-pushback-ms': value })
    t.equal(pushbackMs(error), expected, JSON.stringify(value))
    t.equal(pushbackMs(new RequestError('SLUICE_ERR_UPSTREAM_UNAVAILABLE', { cause: error })), expected)
  }
  t.equal(pushbackMs(new ConnectError('busy', Code.Unavailable)), null)
  t.equal(pushbackMs(new Error('no')), null)
})
