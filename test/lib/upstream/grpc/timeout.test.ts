import t from 'tap'
import { grpcTimeout } from '../../../../lib/upstream/grpc/timeout.ts'

t.test('a timeout has at most eight digits', async t => {
  for (const [ms, expected] of [
    [1, '1m'],
    [0.2, '1m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [1e15, '99999999S']
  ] as const) {
    t.equal(grpcTimeout(ms), expected)
  }
})
