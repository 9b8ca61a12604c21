import t from 'tap'
import { SlidingWindow } from '../../../lib/policies/sliding-window.ts'

t.test('calls and failures are counted', async t => {
  const window = new SlidingWindow(1_000)
  window.add(false, 0)
  window.add(true, 10)
  t.same(window.totals(20), { calls: 2, failures: 1 })
})

t.test('what is older than the window is forgotten, slot by slot', async t => {
  const window = new SlidingWindow(1_000)
  window.add(true, 50)
  window.add(true, 950)
  t.same(window.totals(999), { calls: 2, failures: 2 })
  t.same(window.totals(1_050), { calls: 1, failures: 1 })
  t.same(window.totals(1_900), { calls: 0, failures: 0 })
})

t.test('after a long silence all is forgotten', async t => {
  const window = new SlidingWindow(1_000)
  window.add(true, 0)
  t.same(window.totals(1e9), { calls: 0, failures: 0 })
  window.add(true, 1e9)
  t.same(window.totals(1e9), { calls: 1, failures: 1 })
})

t.test('it never counts more than a plain list of times would, nor loses more than a slot', async t => {
  const window = new SlidingWindow(1_000)
  const times: number[] = []
  for (let now = 0, step = 1; now < 20_000; now += step, step = (step * 7 + 3) % 97) {
    window.add(false, now)
    times.push(now)
    const { calls } = window.totals(now)
    t.ok(calls <= times.filter(time => time > now - 1_000).length, `not more at ${now}`)
    t.ok(calls >= times.filter(time => time > now - 900).length, `not less at ${now}`)
  }
})
