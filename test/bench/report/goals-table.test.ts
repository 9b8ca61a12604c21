import t from 'tap'
import type { Goal } from '../../../bench/goals.ts'
import { goalsTable } from '../../../bench/report/goals-table.ts'
import type { Results } from '../../../bench/report/results.ts'

const nothing: Results = { contenders: [], suites: {} }

function rowOf(goal: Partial<Goal>): string[] {
  const whole = { text: 'what', bound: { atMost: 1 }, measured: () => null, ...goal }
  const line = goalsTable(nothing, [whole]).split('\n').at(-1)!
  return line
    .slice(1, -1)
    .split('|')
    .map(cell => cell.trim())
}

const between = (min: number, median: number, max: number) => () => ({ ratio: { median, min, max } })

const rows: [what: string, goal: Partial<Goal>, cells: string[]][] = [
  ['met', { measured: between(0.8, 0.9, 1) }, ['at most 1', '0.90 (0.80–1.00)', 'met']],
  ['met at the bound itself', { measured: between(1, 1, 1) }, ['at most 1', '1.00', 'met']],
  [
    'missed at a bound that excludes itself',
    { bound: { below: 1 }, measured: between(1, 1, 1) },
    ['below 1', '1.00', '**missed**']
  ],
  ['missed', { measured: between(1.1, 1.2, 1.3) }, ['at most 1', '1.20 (1.10–1.30)', '**missed**']],
  [
    'missed, and why',
    { measured: between(2, 2, 2), reason: 'It is slow.' },
    ['at most 1', '2.00', '**missed**: It is slow.']
  ],
  [
    'met, without what was said of a miss',
    { measured: between(0.5, 0.5, 0.5), reason: 'It is slow.' },
    ['at most 1', '0.50', 'met']
  ],
  [
    'met by a hair',
    { measured: between(0.9, 1, 1.1) },
    ['at most 1', '1.00 (0.90–1.10)', 'met, but not in every round']
  ],
  [
    'missed by a hair',
    { measured: between(0.9, 1.05, 1.1), reason: 'It is slow.' },
    ['at most 1', '1.05 (0.90–1.10)', '**missed**, but not in every round: It is slow.']
  ],
  [
    'the case that decides',
    { measured: () => ({ ratio: { median: 0.5, min: 0.5, max: 0.5 }, decisive: 'GET' }) },
    ['at most 1', '0.50, GET', 'met']
  ],
  ['only told', { bound: 'told', measured: between(3, 3, 3) }, ['to be told', '3.00', 'told']],
  ['not measured', {}, ['at most 1', '', 'not measured']]
]

for (const [what, goal, cells] of rows) {
  t.test(`tells of a goal: ${what}`, async t => {
    t.strictSame(rowOf(goal), ['what', ...cells])
  })
}
