import type { ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createLoginThrottle } from '../../../backends/user/login-throttle.ts'
import { RetryInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'

const minute = 60_000

/** A throttle with a clock that stands until it is moved, and ten failures of Ann's. */
function closedForAnn() {
  const clock = { now: 0 }
  const throttle = createLoginThrottle(() => clock.now)
  for (let failures = 0; failures < 10; failures++) throttle.begin('ann')
  return { clock, throttle }
}

function refusal(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}

t.test('the eleventh attempt is refused until five minutes after the first', async t => {
  const { clock, throttle } = closedForAnn()
  clock.now = 2 * minute
  const error = refusal(() => throttle.begin('ann'))
  t.equal(reasonOf(error), 'LOGIN_THROTTLED')
  t.equal((error as ConnectError).findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds, 180n)
  clock.now = 5 * minute
  t.equal(
    refusal(() => throttle.begin('ann')),
    null
  )
})

t.test('other names are not affected', async t => {
  const { throttle } = closedForAnn()
  t.equal(
    refusal(() => throttle.begin('bob')),
    null
  )
})

t.test('a right password forgets the failures', async t => {
  const throttle = createLoginThrottle(() => 0)
  for (let failures = 0; failures < 9; failures++) throttle.begin('ann')
  throttle.succeed('ann')
  for (let failures = 0; failures < 10; failures++)
    t.equal(
      refusal(() => throttle.begin('ann')),
      null
    )
})

t.test('so many names that the memory would fill push out the oldest', async t => {
  const { throttle } = closedForAnn()
  for (let name = 0; name < 10_000; name++) throttle.begin(`name ${name}`)
  t.equal(
    refusal(() => throttle.begin('ann')),
    null
  )
})
