import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { type HedgeOptions, type HedgeOutcome, withHedging } from '../../../lib/policies/hedge.ts'
import { RetryBudget } from '../../../lib/policies/retry-budget.ts'
import type { Answer, Call } from '../../../lib/upstream/grpc/call.ts'
import { rpcOf } from '../../../lib/upstream/grpc/rpc.ts'
import { until } from '../../helper.ts'
import { answerTo, createCall, endpoint, refusal } from './calls.ts'

/** A call whose attempts end when they are told to. */
function createHedged(parts: Partial<Call> = {}, options: HedgeOptions = { budget: new RetryBudget() }) {
  const attempts: {
    call: Call
    finish(text: string): void
    fail(error: Error): void
    reason(): ConnectError | null
  }[] = []
  const make = withHedging(options)(
    call =>
      new Promise<Answer>((resolve, reject) => {
        call.endpoint = endpoint(attempts.length + 1)
        attempts.push({
          call,
          finish: text => resolve(answerTo(call, text)),
          fail: reject,
          reason: () => call.lifetime.reason
        })
      })
  )
  const call = createCall({ repeatable: 'safe', hedgeAfterMs: 1, ...parts })
  const answer = make(call).then(each => (each.stream ? 'stream' : Buffer.from(each.message).toString()))
  answer.catch(() => {})
  return { attempts, answer, call }
}

t.test('a call that is slow is made a second time, elsewhere, and the first answer counts', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  t.equal([...(attempts[1]!.call.avoid ?? [])].join(), 'endpoint 1')
  attempts[1]!.finish('second')
  t.equal(await answer, 'second')
  t.match(attempts[0]!.reason(), { code: Code.Canceled })
})

t.test('the first attempt may be the faster one after all', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  attempts[0]!.finish('first')
  t.equal(await answer, 'first')
  t.match(attempts[1]!.reason(), { code: Code.Canceled })
})

t.test('one that fails leaves it to the other', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  attempts[0]!.fail(refusal(Code.Unavailable))
  attempts[1]!.finish('second')
  t.equal(await answer, 'second')
})

t.test('when both fail, the call does', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  attempts[0]!.fail(refusal(Code.Unavailable))
  attempts[1]!.fail(refusal(Code.Unavailable, { last: 'yes' }))
  const error = await answer.catch(reason => reason as ConnectError)
  t.equal((error as ConnectError).metadata.get('last'), 'yes')
})

t.test('an error that would not pass is the answer: nobody waits for the other', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  attempts[0]!.fail(refusal(Code.NotFound))
  await t.rejects(answer, { code: Code.NotFound })
  t.match(attempts[1]!.reason(), { code: Code.Canceled })
})

t.test('a call that fails early, in a way that may pass, is made a second time then', async t => {
  const { attempts, answer } = createHedged({ hedgeAfterMs: 600_000 })
  attempts[0]!.fail(refusal(Code.Unavailable))
  await until(() => attempts.length === 2)
  t.equal([...(attempts[1]!.call.avoid ?? [])].join(), 'endpoint 1')
  attempts[1]!.finish('second')
  t.equal(await answer, 'second')
})

t.test('or when the upstream says', async t => {
  const { attempts, answer } = createHedged({ hedgeAfterMs: 600_000 })
  attempts[0]!.fail(refusal(Code.ResourceExhausted, { 'grpc-retry-pushback-ms': '5' }))
  await until(() => attempts.length === 2)
  attempts[1]!.finish('second')
  t.equal(await answer, 'second')
})

for (const [what, error] of Object.entries({
  'an upstream that does not want to be asked again is not': refusal(Code.Unavailable, {
    'grpc-retry-pushback-ms': '-1'
  }),
  'nor after an error that would not pass': refusal(Code.Internal)
})) {
  t.test(what, async t => {
    const { attempts, answer } = createHedged({ hedgeAfterMs: 600_000 })
    attempts[0]!.fail(error)
    await t.rejects(answer, error)
    t.equal(attempts.length, 1)
  })
}

t.test('a call that ends while it waits for its second attempt ends at once', async t => {
  const { attempts, answer, call } = createHedged({ hedgeAfterMs: 600_000 })
  attempts[0]!.fail(refusal(Code.Unavailable, { 'grpc-retry-pushback-ms': '60000' }))
  setImmediate(() => call.lifetime.end(new ConnectError('gone', Code.Canceled)))
  await t.rejects(answer, { code: Code.Canceled })
  t.equal(attempts.length, 1)
})

t.test('the second attempt says that it is one, and neither is made again once it began', async t => {
  const { attempts, answer } = createHedged()
  await until(() => attempts.length === 2)
  t.same(
    attempts.map(({ call: { metadata, repeatable } }) => [metadata.get('grpc-previous-rpc-attempts'), repeatable]),
    [
      [null, 'unsent'],
      ['1', 'unsent']
    ]
  )
  attempts[0]!.finish('first')
  await answer
})

t.test('what ends the call ends both', async t => {
  const { attempts, call } = createHedged()
  await until(() => attempts.length === 2)
  call.lifetime.end(new ConnectError('gone', Code.Canceled))
  t.same(
    attempts.map(attempt => attempt.reason()?.rawMessage),
    ['gone', 'gone']
  )
})

for (const [what, parts] of Object.entries({
  'a call that does not ask for it': { hedgeAfterMs: null },
  'a call that may not be repeated': { repeatable: 'keyed' },
  'a stream': { rpc: rpcOf(OrderService.method.watchOrder) }
} satisfies Record<string, Partial<Call>>)) {
  t.test(`${what} is made once`, async t => {
    const { attempts, answer, call } = createHedged(parts)
    // It is the call itself that goes on: there is nobody who could make a second.
    t.equal(attempts[0]!.call, call)
    attempts[0]!.finish('first')
    t.equal(await answer, 'first')
    t.equal(attempts.length, 1)
  })
}

t.test('a second attempt costs what the budget has', async t => {
  const outcomes: HedgeOutcome[] = []
  const onHedge = (_call: Call, outcome: HedgeOutcome) => outcomes.push(outcome)
  const { attempts, answer } = createHedged({}, { budget: new RetryBudget({ floor: 0, ratio: 0 }), onHedge })
  await until(() => outcomes.length === 1)
  t.same([outcomes, attempts.length], [['over budget'], 1])
  attempts[0]!.finish('first')
  t.equal(await answer, 'first')
  const affordable = createHedged({}, { budget: new RetryBudget({ floor: 1, ratio: 0 }), onHedge })
  await until(() => affordable.attempts.length === 2)
  t.equal(outcomes[1], 'hedged')
  affordable.attempts[0]!.finish('first')
  await affordable.answer
})
