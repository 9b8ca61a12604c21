import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { FloodGuard } from '../../../../lib/upstream/http2/flood-guard.ts'

function countTo(guard: FloodGuard, count: number): void {
  for (let frame = 0; frame < count; frame++) guard.count('settings')
}

t.test('one frame too many in a second ends the connection', async t => {
  const guard = new FloodGuard(() => 5_000)
  // A second begins with the first frame that is too many since the last.
  countTo(guard, 401)
  t.throws(() => guard.count('settings'), { code: ErrorCode.ENHANCE_YOUR_CALM, message: /settings/ })
})

t.test('as many in each second may come for ever', async t => {
  let clock = 0
  const guard = new FloodGuard(() => clock)
  for (let second = 1; second <= 10; second++) {
    clock = second * 1_000
    countTo(guard, 200)
  }
  t.pass()
})

t.test('each kind counts for itself', async t => {
  const guard = new FloodGuard(() => 500)
  countTo(guard, 200)
  guard.count('ping')
  t.throws(() => guard.count('settings'))
})

t.test('what a server sends with every call may come as often as there are calls', async t => {
  for (const kind of ['ping', 'emptyData', 'windowUpdate', 'informational', 'afterEnd', 'reset'] as const) {
    const guard = new FloodGuard(() => 5_000)
    for (let call = 0; call < 40_000; call++) guard.count(kind)
  }
  t.pass()
})
