import t from 'tap'
import { goals, isMet } from '../../bench/goals.ts'
import { merge } from '../../bench/report/results.ts'
import { costs, known, recorded } from './report/known.ts'

/** What each goal found, by the first words that tell it from the others. */
function measured(results: ReturnType<typeof known>) {
  return goals.map(goal => {
    const found = goal.measured(results)
    const isMissed = found !== null && !isMet(goal.bound, found.ratio.median)
    return [goal.text, found?.ratio.median, found?.decisive, isMissed] as const
  })
}

t.test('holds Sluice to the reference design, to the floor, and to others case by case', async t => {
  t.strictSame(measured(known()), [
    [
      'CPU, full, 100 % of traces, to the reference design in Go (Gin + grpc-go): GET one product',
      0.5,
      undefined,
      false
    ],
    ['The same, when no token comes twice: GET one product', 0.8, undefined, false],
    ['CPU, bare, to bare Fastify without an upstream: GET one product', 1.8, undefined, false],
    ['CPU, bare, to grpc-gateway, in the worst case', 71 / 90, 'GET a list of 20', false],
    ['CPU, full, 100 % of traces, to grpc-gateway, in the worst case', 71 / 90, 'GET a list of 20', false],
    ['CPU, bare, to vanguard-go, in the worst case', 71 / 80, 'GET a list of 20', false],
    ['CPU, full, 100 % of traces, to vanguard-go, in the worst case', 71 / 80, 'GET a list of 20', false],
    ['CPU, bare, to Envoy: GET one product', 0.45, undefined, false],
    ['CPU, full, 100 % of traces, to Envoy: GET one product', 1.25, undefined, false],
    ['Memory, bare, after all requests, to after the first quarter of them', 1, undefined, false],
    ['Memory, full, after all requests, to after the first quarter of them', 1, undefined, false]
  ])
})

t.test('sees what is missed', async t => {
  const missed = measured(known({ bare: 90, full: 90, memory: [100, 300, 111] })).map(([, , , isMissed]) => isMissed)
  t.strictSame(missed, [true, false, true, true, true, true, true, false, false, true, true])
})

t.test('has not measured what is not recorded', async t => {
  t.ok(goals.every(goal => goal.measured({ contenders: [], suites: {} }) === null))
  const without = merge(known(), { name: 'bare', recorded: recorded(costs('bare', {})) }, ['bare'])
  t.ok(goals.every(goal => goal.measured(without) === null))
})
