import { Circuit } from 'mollitia'
import t from 'tap'
import type { Outcome } from '../../../lib/errors/outcome.ts'
import {
  type Admission,
  BreakerModule,
  type BreakerState,
  CircuitOpenError
} from '../../../lib/policies/breaker-module.ts'

const failing = () => Promise.reject(new Error('failure'))
const neutral = () => Promise.reject(new Error('neutral'))
const refusing = () => Promise.reject(new Error('success'))
const succeeding = async () => 'fine'

type Call = (admission: Admission) => Promise<unknown>

/**
 * A breaker whose clock and dice the test turns: window 60 s, open 10 s, 3 probes, 60 % of at least 3 calls. The dice begin
 * at the middle, so that times are what they are without jitter.
 */
function createBreaker(options: { openMs?: number; maxOpenMs?: number } = {}) {
  const clock = { now: 0 }
  const dice = { value: 0.5 }
  const breaker = new BreakerModule({
    windowMs: 60_000,
    minCalls: 3,
    failureRatio: 0.6,
    openMs: 10_000,
    probes: 3,
    classify: error => (error as Error).message as Outcome,
    now: () => clock.now,
    random: () => dice.value,
    ...options
  })
  const states: BreakerState[] = []
  breaker.on('state-changed', state => states.push(state))
  const func = (call: Call, admission: Admission) => call(admission)
  const circuit = new Circuit({ func, options: { modules: [breaker] } })
  const run = (call: Call): Promise<unknown> => circuit.execute(call)
  const runAll = async (...calls: Call[]) => {
    for (const call of calls) await run(call).catch(() => {})
  }
  /** Begins a call that goes on; the test says how it ends. */
  const begin = async (): Promise<Admission> => {
    let begun: Admission | undefined
    await run(async admission => {
      admission.goOn()
      begun = admission
    })
    return begun!
  }
  return { breaker, clock, dice, states, run, runAll, begin }
}

/** A call that ends when the test says so. */
function deferred() {
  let resolve: (value: unknown) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { call: () => promise, resolve, reject }
}

t.test('a closed circuit passes on what calls answer and what they throw', async t => {
  const { run } = createBreaker()
  t.equal(await run(succeeding), 'fine')
  await t.rejects(run(failing), { message: 'failure' })
})

t.test('too many failures open it; then nobody is called', async t => {
  const { breaker, run, runAll } = createBreaker()
  await runAll(succeeding, failing, failing, failing)
  t.equal(breaker.state, 'open')
  let called = false
  const refused = run(async () => {
    called = true
  })
  await t.rejects(refused, { name: 'CircuitOpenError', retryAfterMs: 10_000 })
  t.equal(called, false)
})

t.test('few calls, or few failures among them, do not', async t => {
  const { breaker, runAll } = createBreaker()
  await runAll(failing, failing)
  t.equal(breaker.state, 'closed', 'two calls')
  await runAll(succeeding, succeeding)
  t.equal(breaker.state, 'closed', 'half of four')
  await runAll(failing)
  t.equal(breaker.state, 'open', 'three of five')
})

t.test('failures of long ago do not count', async t => {
  const { breaker, clock, runAll } = createBreaker()
  await runAll(failing, failing)
  clock.now = 70_000
  await runAll(failing)
  t.equal(breaker.state, 'closed')
})

t.test('refusals and clients that left never open it', async t => {
  const { breaker, runAll } = createBreaker()
  await runAll(...Array(50).fill(refusing), ...Array(50).fill(neutral))
  t.equal(breaker.state, 'closed')
})

t.test('after its time, three probes that succeed close it', async t => {
  const { clock, states, runAll } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  await runAll(succeeding, succeeding)
  t.same(states, ['open', 'half-open'])
  await runAll(succeeding)
  t.same(states, ['open', 'half-open', 'closed'])
})

/** Lets a probe of an open circuit fail, and answers for how long that leaves it open. */
async function failProbe({ clock, run, runAll }: ReturnType<typeof createBreaker>): Promise<number> {
  const refusal = await run(succeeding).catch((error: CircuitOpenError) => error)
  clock.now += (refusal as CircuitOpenError).retryAfterMs
  await runAll(failing)
  const next = await run(succeeding).catch((error: CircuitOpenError) => error)
  return Math.round((next as CircuitOpenError).retryAfterMs)
}

t.test('each probe that fails opens it again for twice the time, up to a minute', async t => {
  const breaker = createBreaker()
  await breaker.runAll(failing, failing, failing)
  const times: number[] = []
  for (let count = 0; count < 5; count++) times.push(await failProbe(breaker))
  t.same(times, [20_000, 40_000, 60_000, 60_000, 60_000])
})

t.test('no time grows beyond the most, or is cut below its own', async t => {
  for (const [options, expected] of [
    [{ openMs: 10_000, maxOpenMs: 15_000 }, 15_000],
    [{ openMs: 10_000, maxOpenMs: 1_000 }, 10_000],
    [{ openMs: 120_000 }, 120_000]
  ] as const) {
    const breaker = createBreaker(options)
    await breaker.runAll(failing, failing, failing)
    t.equal(await failProbe(breaker), expected)
  }
})

t.test('gateways that opened together do not probe together for ever', async t => {
  for (const [value, expected] of [
    [0, 16_000],
    [0.25, 18_000],
    [0.75, 22_000]
  ] as const) {
    const breaker = createBreaker()
    breaker.dice.value = value
    await breaker.runAll(failing, failing, failing)
    t.equal(await failProbe(breaker), expected)
  }
})

t.test('a circuit that was closed opens for the shortest time again', async t => {
  const breaker = createBreaker()
  const { clock, run, runAll } = breaker
  await runAll(failing, failing, failing)
  await failProbe(breaker)
  await failProbe(breaker)
  clock.now += 40_000
  await runAll(succeeding, succeeding, succeeding)
  await runAll(failing, failing, failing)
  await t.rejects(run(succeeding), { name: 'CircuitOpenError', retryAfterMs: 10_000 })
})

t.test('it opens again for the whole time', async t => {
  const breaker = createBreaker()
  const { clock, run, runAll } = breaker
  await runAll(failing, failing, failing)
  await failProbe(breaker)
  clock.now += 19_999
  await t.rejects(run(succeeding), CircuitOpenError)
  clock.now += 1
  t.equal(await run(succeeding), 'fine')
})

t.test('of a thousand that wait, exactly three probe', async t => {
  const { clock, run, runAll } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  let called = 0
  const probe = deferred()
  const waiting = Array.from({ length: 1_000 }, () =>
    run(() => {
      called += 1
      return probe.call()
    })
  )
  probe.resolve('fine')
  const outcomes = await Promise.allSettled(waiting)
  t.equal(called, 3)
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
})

t.test('a probe that proves nothing makes room for another', async t => {
  const { breaker, clock, runAll } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  await runAll(neutral, neutral, neutral, succeeding, succeeding, succeeding)
  t.equal(breaker.state, 'closed')
})

t.test('probes that hang do not wedge it', async t => {
  const { breaker, clock, run, runAll } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  const hanging = [deferred(), deferred(), deferred()]
  const probes = hanging.map(({ call }) => run(call))
  await t.rejects(run(succeeding), CircuitOpenError, 'all probes are under way')
  clock.now = 20_000
  await t.rejects(run(succeeding), CircuitOpenError, 'no verdict in time: open again')
  clock.now = 40_000
  await runAll(succeeding, succeeding, succeeding)
  t.equal(breaker.state, 'closed')
  for (const { resolve } of hanging) resolve('late')
  await Promise.all(probes)
})

t.test('probes may come as slowly as requests do', async t => {
  const { breaker, clock, run, runAll } = createBreaker()
  await runAll(failing, failing, failing)
  for (clock.now = 10_000; clock.now < 3_000_000; clock.now += 1_000_000) t.equal(await run(succeeding), 'fine')
  t.equal(breaker.state, 'closed')
})

t.test('what a call of an earlier state says later is not heard', async t => {
  const { breaker, clock, run, runAll } = createBreaker()
  const late = [deferred(), deferred(), deferred()]
  const calls = late.map(({ call }) => run(call))
  await runAll(failing, failing, failing)
  clock.now = 10_000
  await runAll(succeeding, succeeding, succeeding)
  for (const { reject } of late) reject(new Error('failure'))
  await Promise.allSettled(calls)
  t.equal(breaker.state, 'closed')
})

t.test('a stream counts when it ends, and as it ends', async t => {
  const { breaker, begin } = createBreaker()
  const streams = await Promise.all(Array.from({ length: 5 }, begin))
  t.equal(breaker.state, 'closed')
  streams[0]!.end('success')
  streams[1]!.end('neutral')
  streams[2]!.end('failure')
  t.equal(breaker.state, 'closed', 'one of two')
  streams[3]!.end('failure')
  t.equal(breaker.state, 'open', 'two of three')
})

t.test('a stream that begins well is a probe that succeeded, however long it lives', async t => {
  const { breaker, clock, states, runAll, begin } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  const streams = [await begin(), await begin(), await begin()]
  t.same(states, ['open', 'half-open', 'closed'])
  clock.now = 3_600_000
  for (const stream of streams) stream.end('success')
  await runAll(failing, failing)
  t.equal(breaker.state, 'closed', 'and no call of the time after')
})

t.test('a stream that was a probe is still heard when it breaks off', async t => {
  const { breaker, clock, states, runAll, begin } = createBreaker()
  await runAll(failing, failing, failing)
  clock.now = 10_000
  const first = await begin()
  first.end('failure')
  t.same(states, ['open', 'half-open', 'open'], 'while others probe')
  clock.now = 30_000
  const streams = [await begin(), await begin(), await begin()]
  t.equal(breaker.state, 'closed')
  for (const stream of streams) stream.end('failure')
  t.equal(breaker.state, 'open', 'after they closed it')
})

t.test('a stream of an earlier state is not heard', async t => {
  const { breaker, clock, runAll, begin } = createBreaker()
  const late = [await begin(), await begin(), await begin()]
  await runAll(failing, failing, failing)
  clock.now = 10_000
  await runAll(succeeding)
  late[0]!.end('failure')
  t.equal(breaker.state, 'half-open')
  await runAll(succeeding, succeeding)
  for (const stream of late) stream.end('failure')
  t.equal(breaker.state, 'closed')
})

t.test('however many calls the window holds, each of them counts', async t => {
  const { breaker, clock, run } = createBreaker()
  async function runOneEachMs(call: Call): Promise<void> {
    clock.now += 1
    await run(call).catch(() => {})
  }
  for (let count = 0; count < 2_000; count++) await runOneEachMs(succeeding)
  for (let count = 0; count < 2_999; count++) await runOneEachMs(failing)
  t.equal(breaker.state, 'closed')
  await runOneEachMs(failing)
  t.equal(breaker.state, 'open', '60 % of 5,000')
})
