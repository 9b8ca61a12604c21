import t from 'tap'
import { grpcTimeout } from '../../../../lib/upstream/grpc/timeout.ts'

t.test('a timeout has at most eight digits, and is never more than what is left', async t => {
  for (const [ms, expected] of [
    [0.000_1, '1u'],
    [0.2, '200u'],
    [1, '1000u'],
    [4_999.999_9, '4999999u'],
    [99_999.999_9, '99999999u'],
    [100_000.9, '100000m'],
    [99_999_999.9, '99999999m'],
    [100_000_999, '100000S'],
    [1e15, '99999999S']
  ] as const) {
    t.equal(grpcTimeout(ms), expected)
  }
})
