import t from 'tap'
import { createWatchSlots } from '../../../backends/order/watch-slots.ts'
import type { Caller } from '../../../backends/shared/identity.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'

const caller = (subject: string, kind: Caller['kind'] = 'user'): Caller => ({
  subject,
  kind,
  roles: new Set(),
  token: ''
})

function refusal(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return reasonOf(error)
  }
  return null
}

t.test('each user has a number of streams, and gets back what is given back', async t => {
  const slots = createWatchSlots(2)
  const release = slots.take(caller('ann'))
  slots.take(caller('ann'))
  t.equal(
    refusal(() => slots.take(caller('ann'))),
    'TOO_MANY_STREAMS'
  )
  t.equal(
    refusal(() => slots.take(caller('bob'))),
    null
  )
  release()
  t.equal(
    refusal(() => slots.take(caller('ann'))),
    null
  )
  t.equal(
    refusal(() => slots.take(caller('ann'))),
    'TOO_MANY_STREAMS'
  )
})

t.test('services, which watch for many, are not counted', async t => {
  const slots = createWatchSlots(1)
  slots.take(caller('gateway', 'service'))()
  for (let n = 0; n < 5; n++)
    t.equal(
      refusal(() => slots.take(caller('gateway', 'service'))),
      null
    )
})
