import fc from 'fast-check'
import t from 'tap'
import { type Balancing, createPicker } from '../../../../lib/upstream/channel/pick.ts'

interface Fake {
  name: string
  hasRoom: boolean
  inFlight: number
}

function endpoints(count: number, change: Partial<Fake> = {}): Fake[] {
  return Array.from({ length: count }, (_, at) => ({ name: 'abcdefghij'[at]!, hasRoom: true, inFlight: 0, ...change }))
}

/** A random number that is the same each time the test runs. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function picks(candidates: Fake[], count: number, balancing: Balancing, avoid: ReadonlySet<unknown> | null = null) {
  const picker = createPicker(balancing, seeded(1))
  return Array.from({ length: count }, () => picker.pick(candidates, avoid)?.name ?? null)
}

function counts(names: (string | null)[]): Record<string, number> {
  const result: Record<string, number> = {}
  for (const name of names) result[String(name)] = (result[String(name)] ?? 0) + 1
  return result
}

t.test('round robin takes one after the other', async t => {
  const names = picks(endpoints(3), 6, 'round_robin').join('')
  t.ok('abcabcabc'.includes(names), names)
})

t.test('it begins anywhere, so that not everybody begins with the first', async t => {
  const first = [0, 1 / 2 ** 16, 2 / 2 ** 16].map(
    random => createPicker('round_robin', () => random).pick(endpoints(3), null)!.name
  )
  t.same(first, ['a', 'b', 'c'])
})

t.test('round robin goes on when the endpoints change', async t => {
  const picker = createPicker('round_robin', () => 0)
  t.equal(picker.pick(endpoints(5), null)!.name, 'a')
  t.equal(picker.pick(endpoints(5), null)!.name, 'b')
  t.equal(picker.pick(endpoints(5), null)!.name, 'c')
  t.equal(picker.pick(endpoints(2), null)!.name, 'b')
  t.equal(picker.pick(endpoints(2), null)!.name, 'a')
})

t.test('least request takes the one with fewer calls of two', async t => {
  const [busy, free] = endpoints(2)
  busy!.inFlight = 5
  t.same(counts(picks([busy!, free!], 20, 'least_request')), { b: 20 })
})

t.test('least request of many is anybody, but seldom the busiest', async t => {
  const candidates = endpoints(4)
  candidates[3]!.inFlight = 9
  const found = counts(picks(candidates, 3_000, 'least_request'))
  t.equal(found.d, undefined, 'it always loses against the other')
  for (const name of ['a', 'b', 'c']) t.ok(found[name]! > 800, name)
})

for (const balancing of ['round_robin', 'least_request'] as const) {
  t.test(`${balancing}: nobody is there, or has room`, async t => {
    t.same(picks([], 2, balancing), [null, null])
    t.same(picks(endpoints(3, { hasRoom: false }), 2, balancing), [null, null])
  })

  t.test(`${balancing}: the only one is taken each time`, async t => {
    t.same(picks(endpoints(1), 3, balancing), ['a', 'a', 'a'])
  })

  t.test(`${balancing}: what failed a call is taken only when there is no other`, async t => {
    const candidates = endpoints(3)
    const [a, b, c] = candidates
    t.same(counts(picks(candidates, 10, balancing, new Set([a, b]))), { c: 10 })
    c!.hasRoom = false
    const found = counts(picks(candidates, 10, balancing, new Set([a, b])))
    t.equal((found.a ?? 0) + (found.b ?? 0), 10)
  })

  t.test(`${balancing}: whoever has room is found, and one that failed the call only when it must be`, async t => {
    const flags = fc.array(fc.record({ hasRoom: fc.boolean(), avoided: fc.boolean(), inFlight: fc.nat(3) }), {
      maxLength: 8
    })
    const property = fc.property(flags, fc.nat(), (given, seed) => {
      const candidates = given.map(({ hasRoom, inFlight }, at) => ({ name: String(at), hasRoom, inFlight }))
      const avoid = new Set<unknown>(candidates.filter((_, at) => given[at]!.avoided))
      const picked = createPicker(balancing, seeded(seed)).pick(candidates, avoid)
      const good = candidates.filter(candidate => candidate.hasRoom && !avoid.has(candidate))
      const possible = good.length > 0 ? good : candidates.filter(({ hasRoom }) => hasRoom)
      return picked === null ? possible.length === 0 : possible.includes(picked)
    })
    t.doesNotThrow(() => fc.assert(property, { seed: 7, numRuns: 500 }))
  })
}
