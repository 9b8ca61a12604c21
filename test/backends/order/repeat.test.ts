import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { createRepeater } from '../../../backends/order/repeat.ts'
import { failure } from '../../../backends/shared/service-error.ts'

// The pauses do not hold a process; a test must stay for them.
const staying = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(staying))

const fast = { firstPauseMs: 1, maxPauseMs: 4 }
const away = () => new ConnectError('away', Code.Unavailable)

/** Fails with each of the errors in turn, then answers. */
function answerAfter(...errors: Error[]) {
  const left = [...errors]
  return async () => {
    const error = left.shift()
    if (error) throw error
    return 'answer'
  }
}

t.test('an unknown outcome is asked about again until there is an answer', async t => {
  const repeater = createRepeater(fast)
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  const aborted = failure(Code.Aborted, 'REQUEST_IN_PROGRESS', 'in progress')
  const call = answerAfter(away(), reset, new ConnectError('late', Code.DeadlineExceeded), aborted)
  t.strictSame(await repeater.untilKnown(call, 10_000), { kind: 'done', value: 'answer' })
})

t.test('a definite no is not asked about again', async t => {
  const repeater = createRepeater(fast)
  const no = failure(Code.FailedPrecondition, 'INSUFFICIENT_STOCK', 'none left', { metadata: { available: '0' } })
  const outcome = await repeater.untilKnown(answerAfter(no), 10_000)
  t.strictSame(outcome, { kind: 'refused', reason: 'INSUFFICIENT_STOCK', metadata: { available: '0' } })
})

t.test('a no without a reason may come from anywhere, so it is not definite', async t => {
  const repeater = createRepeater(fast)
  const outcome = await repeater.untilKnown(answerAfter(new ConnectError('who?', Code.NotFound)), 10_000)
  t.strictSame(outcome, { kind: 'done', value: 'answer' })
})

t.test('when the budget is over the outcome stays unknown', async t => {
  const repeater = createRepeater(fast)
  let tries = 0
  const outcome = await repeater.untilKnown(async () => {
    tries++
    throw away()
  }, 30)
  t.strictSame(outcome, { kind: 'unknown' })
  t.ok(tries > 2)
})

t.test('what must be done is repeated even after a no', async t => {
  const repeater = createRepeater(fast)
  const failures: number[] = []
  const call = answerAfter(failure(Code.NotFound, 'ORDER_NOT_FOUND', 'no'), away())
  t.equal(await repeater.untilDone(call, (_error, sinceMs) => failures.push(sinceMs)), 'answer')
  t.equal(failures.length, 2)
})

t.test('after the end nothing is tried again', async t => {
  const repeater = createRepeater(fast)
  let tries = 0
  let returned = false
  const failed = new Promise<void>(resolve => {
    const call = async () => {
      tries++
      throw away()
    }
    repeater
      .untilDone(call, () => resolve())
      .finally(() => {
        returned = true
      })
  })
  await failed
  repeater.close()
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(tries, 1)
  t.equal(returned, false, 'nor does it return: the next process goes on')
})
