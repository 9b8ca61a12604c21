import { mock } from 'node:test'
import t from 'tap'
import type { EndpointAddress } from '../../../../lib/upstream/channel/addresses.ts'
import { Resolver, type ResolverOptions } from '../../../../lib/upstream/channel/resolver.ts'
import { parseTarget } from '../../../../lib/upstream/channel/target.ts'

type Answer = string[] | Error

/** A resolver whose names have the addresses that the test gives them, and how often it asked. */
function start(t: Tap, target: string, answers: Record<string, Answer>, options: Partial<ResolverOptions> = {}) {
  const found: string[][] = []
  const errors: unknown[] = []
  const asked: string[] = []
  const recovered = { times: 0 }
  const resolver = new Resolver({
    places: parseTarget(target).places,
    names: {
      async lookup(name) {
        asked.push(name)
        const answer = answers[name]!
        if (answer instanceof Error) throw answer
        return answer.map(address => ({ address, family: 4 }))
      },
      resolveSrv: async () => Object.keys(answers).map(name => ({ name, port: 1, priority: 0, weight: 0 }))
    },
    maxAddresses: 100,
    allowLoopback: false,
    intervalMs: 30_000,
    minIntervalMs: 1_000,
    backoff: { jitter: 0 },
    onAddresses: addresses => found.push(addresses.map(({ label }) => label)),
    onError: error => errors.push(error),
    onRecovered: () => {
      recovered.times += 1
    },
    ...options
  })
  t.teardown(() => resolver.close())
  resolver.start()
  return { resolver, found, errors, asked, recovered }
}

type Tap = Pick<typeof t, 'teardown'>

/** Lets promises that are settled have their effect. */
const settle = () => new Promise(resolve => setImmediate(resolve))

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  await settle()
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }))
t.afterEach(() => mock.timers.reset())

t.test('names are resolved at once, and again every 30 s', async t => {
  const answers: Record<string, Answer> = { a: ['10.0.0.1'] }
  const { found, asked } = start(t, 'a:1', answers)
  await settle()
  t.same(found, [['10.0.0.1:1']])
  answers.a = ['10.0.0.2']
  await pass(29_999)
  t.equal(asked.length, 1)
  await pass(1)
  t.same(found, [['10.0.0.1:1'], ['10.0.0.2:1']])
  await pass(30_000)
  t.equal(asked.length, 3)
})

t.test('addresses are told once: there is nothing to look up', async t => {
  const { found } = start(t, '10.0.0.1:1,10.0.0.2:1', {})
  await settle()
  await pass(120_000)
  t.same(found, [['10.0.0.1:1', '10.0.0.2:1']])
})

t.test('what a name had stays when it cannot be resolved any more', async t => {
  const answers: Record<string, Answer> = { a: ['10.0.0.1'], b: ['10.0.0.2'] }
  const { found, errors } = start(t, 'a:1,b:1', answers)
  await settle()
  answers.a = new Error('SERVFAIL')
  answers.b = ['10.0.0.3']
  await pass(30_000)
  t.same(found.at(-1), ['10.0.0.1:1', '10.0.0.3:1'])
  t.same(errors, [answers.a])
})

t.test('what a name had stays when it answers nothing, or nothing good', async t => {
  const answers: Record<string, Answer> = { a: ['10.0.0.1'] }
  const { found, errors } = start(t, 'a:1', answers)
  await settle()
  answers.a = []
  await pass(30_000)
  answers.a = ['169.254.169.254']
  await pass(1_000)
  t.same(found, [['10.0.0.1:1'], ['10.0.0.1:1'], ['10.0.0.1:1']])
  t.equal(errors.length, 2)
})

t.test('after a failure it is tried sooner, and less and less soon, and then as ever', async t => {
  const answers: Record<string, Answer> = { a: new Error('SERVFAIL') }
  const { found, asked, errors } = start(t, 'a:1', answers)
  await settle()
  for (const wait of [1_000, 1_600, 2_560]) {
    const before = asked.length
    await pass(wait - 1)
    t.equal(asked.length, before)
    await pass(1)
    t.equal(asked.length, before + 1)
  }
  t.same(found, [])
  t.equal(errors.length, 4)
  answers.a = ['10.0.0.1']
  await pass(4_096)
  t.same(found, [['10.0.0.1:1']])
  await pass(29_999)
  t.equal(asked.length, 5)
})

t.test('it is the first time until something is known', async t => {
  const answers: Record<string, Answer> = { a: new Error('SERVFAIL') }
  const { resolver } = start(t, 'a:1', answers)
  t.equal(resolver.isFirst, true)
  await settle()
  // Nobody looks now.
  t.equal(resolver.isFirst, false)
  answers.a = ['10.0.0.1']
  await pass(1_000)
  resolver.start()
  t.equal(resolver.isFirst, false)
})

t.test('who misses a connection has names resolved sooner, but not more often than once a second', async t => {
  const { resolver, asked } = start(t, 'a:1', { a: ['10.0.0.1'] })
  await settle()
  for (let times = 0; times < 5; times++) resolver.resolveSoon()
  await pass(900)
  t.equal(asked.length, 1)
  await pass(100)
  t.equal(asked.length, 2)
  await pass(29_999)
  t.equal(asked.length, 2)
})

t.test('when the last time was long ago, that is at once', async t => {
  const { resolver, asked } = start(t, 'a:1', { a: ['10.0.0.1'] }, { minIntervalMs: 1 })
  const startedAt = performance.now()
  while (performance.now() - startedAt < 2) await settle()
  resolver.resolveSoon()
  await pass(0)
  t.equal(asked.length, 2)
})

t.test('an address that two places have comes once for each name', async t => {
  const answers = { a: ['10.0.0.1'], b: ['10.0.0.1', '10.0.0.2'] }
  const { found } = start(t, 'a:1,b:1,10.0.0.2:1,10.0.0.2:1', answers)
  await settle()
  t.same(found, [['10.0.0.1:1', '10.0.0.1:1', '10.0.0.2:1', '10.0.0.2:1']])
})

t.test('all places together have no more than the most', async t => {
  const answers = { a: ['10.0.0.1', '10.0.0.2'], b: ['10.0.0.3', '10.0.0.4'] }
  const addresses: EndpointAddress[][] = []
  start(t, 'a:1,b:1', answers, { maxAddresses: 3, onAddresses: found => addresses.push(found) })
  await settle()
  t.equal(addresses[0]!.length, 3)
})

t.test('a closed resolver says nothing, and asks nothing', async t => {
  const { resolver, found, asked } = start(t, 'a:1', { a: ['10.0.0.1'] })
  resolver.close()
  await settle()
  resolver.resolveSoon()
  await pass(120_000)
  t.same(found, [])
  t.equal(asked.length, 1)
})

t.test('that all names can be resolved again is told once', async t => {
  const answers: Record<string, Answer> = { a: ['10.0.0.1'], b: ['10.0.0.2'] }
  const { recovered } = start(t, 'a:1,b:1', answers)
  await settle()
  t.equal(recovered.times, 0, 'it never failed')
  answers.a = answers.b = new Error('SERVFAIL')
  await pass(30_000)
  answers.a = ['10.0.0.1']
  await pass(30_000)
  t.equal(recovered.times, 0, 'one of them')
  answers.b = ['10.0.0.2']
  await pass(30_000)
  await pass(30_000)
  t.equal(recovered.times, 1)
})

t.test('a host of SRV that cannot be resolved keeps what it had, while the others change', async t => {
  const answers: Record<string, Answer> = { a: ['10.0.0.1'], b: ['10.0.0.2'] }
  const { found, errors } = start(t, 'srv:///_grpc._tcp.product.test', answers)
  await settle()
  answers.a = ['10.0.0.3']
  answers.b = new Error('SERVFAIL')
  await pass(30_000)
  t.same(new Set(found.at(-1)), new Set(['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']))
  t.match(errors, [{ name: 'PartialError', message: 'a host of _grpc._tcp.product.test: SERVFAIL' }])
  answers.b = ['10.0.0.4']
  await pass(30_000)
  t.same(found.at(-1), ['10.0.0.3:1', '10.0.0.4:1'])
})
