import t from 'tap'
import { RetryBudget } from '../../../lib/policies/retry-budget.ts'

function createBudget() {
  const clock = { ms: 1_000_000 }
  const budget = new RetryBudget({ ratio: 0.2, floor: 10, windowMs: 10_000, now: () => clock.ms })
  const takeAll = () => {
    let taken = 0
    while (budget.take()) taken += 1
    return taken
  }
  return { budget, clock, takeAll }
}

t.test('there are always some', async t => {
  const { takeAll } = createBudget()
  t.equal(takeAll(), 10)
})

t.test('of many calls a share may be made again, those not counted that were', async t => {
  const { budget, takeAll } = createBudget()
  for (let count = 0; count < 1_000; count++) budget.addCall()
  t.equal(takeAll(), 200)
})

t.test('what is long ago counts no more', async t => {
  const { budget, clock, takeAll } = createBudget()
  for (let count = 0; count < 1_000; count++) budget.addCall()
  takeAll()
  clock.ms += 10_000
  t.equal(takeAll(), 10)
})
