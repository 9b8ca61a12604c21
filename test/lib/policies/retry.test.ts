import { Code, ConnectError } from '@connectrpc/connect'
import type { Span } from '@opentelemetry/api'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { withRetry } from '../../../lib/policies/retry.ts'
import { RetryBudget } from '../../../lib/policies/retry-budget.ts'
import type { Call } from '../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { Metadata } from '../../../lib/upstream/grpc/metadata.ts'
import { answerTo, createCall, createUpstream, endpoint, refusal, unsent } from './calls.ts'

const unavailable = refusal(Code.Unavailable)
const lost = new RequestError('SLUICE_ERR_UPSTREAM_UNAVAILABLE', { cause: new ConnectError('', Code.Unavailable) })
const exhausted = refusal(Code.ResourceExhausted)
const soon = { 'grpc-retry-pushback-ms': '1' }
const never = { 'grpc-retry-pushback-ms': '-1' }

// What waits does not keep a process alive.
const alive = setInterval(() => {}, 60_000)
t.teardown(() => clearInterval(alive))

/** How many attempts are made of a call whose attempts fail as told. */
async function attemptsOf(call: Call, failures: Error[]): Promise<number> {
  const { send, attempts } = createUpstream(...failures)
  await withRetry({ budget: new RetryBudget(), baseMs: 1 })(send)(call).catch(() => {})
  return attempts.length
}

const cases: [what: string, repeatable: Call['repeatable'], failures: Error[], attempts: number][] = [
  ['a call that went well is made once', 'safe', [], 1],
  ['one that never began is made again, whatever it is', 'unsent', [unsent()], 2],
  ['and again', 'unsent', [unsent(), unsent()], 3],
  ['three times at most', 'unsent', [unsent(), unsent(), unsent()], 3],
  ['one that may have begun is not', 'unsent', [unavailable], 1],
  ['nor one whose connection was lost', 'unsent', [lost], 1],
  ['nor one that began the second time', 'unsent', [unsent(), unavailable], 2],
  ['unless to repeat it does no harm', 'safe', [unavailable, lost], 3],
  ['three times at most', 'safe', [unavailable, unavailable, unavailable, unavailable], 3],
  ['or it has an idempotency key: once', 'keyed', [unavailable, unavailable], 2],
  ['which it has not used before it began', 'keyed', [unsent(), unavailable], 3],
  ['an answer is an answer', 'safe', [refusal(Code.NotFound)], 1],
  ['a deadline that passed is no reason', 'safe', [refusal(Code.DeadlineExceeded)], 1],
  ['nor is an internal error', 'safe', [refusal(Code.Internal)], 1],
  ['nor that there is too much to do', 'safe', [exhausted], 1],
  ['unless the upstream says when', 'safe', [refusal(Code.ResourceExhausted, soon)], 2],
  ['it may say when it is unavailable too', 'safe', [refusal(Code.Unavailable, soon)], 2],
  ['or that it is not to be asked again', 'safe', [refusal(Code.Unavailable, never)], 1],
  ['which is so too when it cannot be read', 'safe', [refusal(Code.Unavailable, { 'grpc-retry-pushback-ms': 'x' })], 1],
  ['but only of what may be repeated', 'unsent', [refusal(Code.Unavailable, soon)], 1]
]

for (const [what, repeatable, failures, expected] of cases) {
  t.test(what, async t => {
    t.equal(await attemptsOf(createCall({ repeatable }), failures), expected)
  })
}

t.test('the last error is the error of the call', async t => {
  const { send } = createUpstream(unavailable, refusal(Code.NotFound))
  const call = withRetry({ budget: new RetryBudget(), baseMs: 1 })(send)(createCall({ repeatable: 'safe' }))
  await t.rejects(call, { code: Code.NotFound })
})

t.test('a further attempt avoids where it failed, and says which it is', async t => {
  const { send, attempts } = createUpstream(unavailable, unavailable)
  await withRetry({ budget: new RetryBudget(), baseMs: 1 })(send)(createCall({ repeatable: 'safe' }))
  t.same(
    attempts.map(({ avoid }) => Array.from(avoid ?? [], String)),
    [[], ['endpoint 1'], ['endpoint 1', 'endpoint 2']]
  )
  t.same(
    attempts.map(({ metadata }) => metadata.get('grpc-previous-rpc-attempts')),
    [null, '1', '2']
  )
})

t.test('an attempt that never began is none to the upstream', async t => {
  const { send, attempts } = createUpstream(unsent(), unavailable)
  await withRetry({ budget: new RetryBudget(), baseMs: 1 })(send)(createCall({ repeatable: 'safe' }))
  t.same(
    attempts.map(({ metadata }) => metadata.get('grpc-previous-rpc-attempts')),
    [null, null, '1']
  )
})

t.test('an attempt that is not the first of its call is no further call', async t => {
  const budget = new RetryBudget({ floor: 0, ratio: 1 })
  const metadata = new Metadata(['grpc-previous-rpc-attempts', '1'])
  const { send, attempts } = createUpstream(unsent(), unavailable)
  await withRetry({ budget, baseMs: 1 })(send)(createCall({ metadata, repeatable: 'safe' })).catch(() => {})
  t.equal(attempts.length, 2, 'there was no call that would pay for a third attempt')
  t.equal(attempts[1]?.metadata.get('grpc-previous-rpc-attempts'), '1')
})

t.test('a call that found no endpoint has waited long enough', async t => {
  let attempts = 0
  const send = async () => {
    attempts += 1
    throw unsent()
  }
  await t.rejects(withRetry({ budget: new RetryBudget() })(send)(createCall({ repeatable: 'safe' })))
  t.equal(attempts, 1)
})

t.test('what was pulled from a stream cannot be sent again', async t => {
  async function* messages() {}
  t.equal(await attemptsOf(createCall({ repeatable: 'safe', content: messages() }), [unsent()]), 1)
})

t.test('no attempt is made that the deadline would end', async t => {
  const lifetime = new Lifetime()
  lifetime.endAt(performance.now() + 10_000)
  t.teardown(() => lifetime.close())
  const failures = [refusal(Code.Unavailable, { 'grpc-retry-pushback-ms': '20000' })]
  t.equal(await attemptsOf(createCall({ repeatable: 'safe', lifetime }), failures), 1)
})

t.test('a call that ends while it waits ends at once', async t => {
  const lifetime = new Lifetime()
  const { send } = createUpstream(refusal(Code.Unavailable, { 'grpc-retry-pushback-ms': '60000' }))
  const call = withRetry({ budget: new RetryBudget() })(send)(createCall({ repeatable: 'safe', lifetime }))
  setImmediate(() => lifetime.end(new ConnectError('gone', Code.Canceled)))
  await t.rejects(call, { code: Code.Canceled })
})

t.test('when all calls fail, the upstream gets a fifth more than were made', async t => {
  let attempts = 0
  const outcomes = { retried: 0, 'over budget': 0 }
  const send = async (call: Call) => {
    attempts += 1
    call.endpoint = endpoint(1)
    throw unavailable
  }
  const policy = withRetry({ budget: new RetryBudget(), baseMs: 0, onRetry: (_call, outcome) => outcomes[outcome]++ })
  const make = policy(send)
  for (let count = 0; count < 1_000; count++) await make(createCall({ repeatable: 'safe' })).catch(() => {})
  t.ok(attempts <= 1_200, `${attempts}`)
  t.ok(attempts >= 1_190, `${attempts}`)
  t.equal(outcomes.retried, attempts - 1_000)
  t.ok(outcomes['over budget'] > 0)
})

t.test('a call that never began costs nothing, the first time', async t => {
  const make = (...failures: Error[]) => {
    const { send, attempts } = createUpstream(...failures)
    const policy = withRetry({ budget: new RetryBudget({ floor: 0, ratio: 0 }), baseMs: 1 })
    return policy(send)(createCall({ repeatable: 'safe' })).then(
      () => attempts.length,
      () => -attempts.length
    )
  }
  t.equal(await make(unsent()), 2)
  t.equal(await make(unsent(), unsent()), -2)
  t.equal(await make(unavailable), -1)
})

const pauses: [what: string, random: number, failures: Error[], delays: number[]][] = [
  ['pauses double', 0.5, [unavailable, unavailable], [50, 100]],
  ['they are up to 20 % shorter', 0, [unavailable, unavailable], [40, 80]],
  ['and up to 20 % longer', 0.999_999, [unavailable, unavailable], [60, 120]],
  ['a call that never began is made again at once, and then like others', 0.5, [unsent(), unsent()], [0, 100]],
  ['the upstream may say how long', 0.5, [refusal(Code.Unavailable, soon), unavailable], [1, 100]]
]

for (const [what, random, failures, delays] of pauses) {
  t.test(what, async t => {
    const { span, events } = createSpan()
    const { send } = createUpstream(...failures)
    await withRetry({ budget: new RetryBudget(), random: () => random })(send)(createCall({ repeatable: 'safe', span }))
    t.same(
      events.map(event => Math.round(event['rpc.attempt.retried_after_ms'] ?? -1)),
      [...delays, -1]
    )
  })
}

t.test('no pause is longer than the most', async t => {
  const { span, events } = createSpan()
  const { send } = createUpstream(unavailable, unavailable)
  const options = { budget: new RetryBudget(), random: () => 0.5, baseMs: 2, maxMs: 3 }
  await withRetry(options)(send)(createCall({ repeatable: 'safe', span }))
  t.same(
    events.map(event => event['rpc.attempt.retried_after_ms']),
    [2, 3, undefined]
  )
})

/** A span that keeps its events. */
function createSpan() {
  const events: { name: string; 'rpc.attempt.retried_after_ms'?: number }[] = []
  const addEvent = (name: string, attributes: object) => events.push({ name, ...attributes })
  return { events, span: { isRecording: () => true, addEvent } as unknown as Span }
}

t.test('calls that succeed at once, at several endpoints, name theirs', async t => {
  const { span, events } = createSpan()
  const endpoints = [endpoint(1), endpoint(2)]
  const send = async (call: Call) => {
    call.endpoint = endpoints[events.length % 2]!
    return answerTo(call, 'fine')
  }
  const make = withRetry({ budget: new RetryBudget() })(send)
  for (let count = 0; count < 4; count++) await make(createCall({ span }))
  const facts = { name: 'attempt', 'rpc.attempt.number': 1, 'rpc.attempt.code': 'OK' }
  t.same(
    events,
    [1, 2, 1, 2].map(number => ({ ...facts, 'rpc.attempt.endpoint': `endpoint ${number}` }))
  )
})

t.test('each attempt is an event on the span of the call', async t => {
  const { span, events } = createSpan()
  const { send } = createUpstream(unavailable)
  const call = createCall({ repeatable: 'safe', span })
  await withRetry({ budget: new RetryBudget(), baseMs: 10, random: () => 0.5 })(send)(call)
  t.same(events, [
    {
      name: 'attempt',
      'rpc.attempt.number': 1,
      'rpc.attempt.code': 'UNAVAILABLE',
      'rpc.attempt.endpoint': 'endpoint 1',
      'rpc.attempt.retried_after_ms': 10
    },
    { name: 'attempt', 'rpc.attempt.number': 2, 'rpc.attempt.code': 'OK', 'rpc.attempt.endpoint': 'endpoint 2' }
  ])
})
