import { type Bound, type Goal, goals, isMet, type Measured } from '../goals.ts'
import { grid, spread } from './format.ts'
import type { Results } from './results.ts'

/** What the figures are held to, and whether they do. */
export function goalsTable(results: Results, held: readonly Goal[] = goals): string {
  const rows = held.map(goal => {
    const measured = goal.measured(results)
    return [goal.text, boundOf(goal.bound), measured === null ? '' : printed(measured), verdict(goal, measured)]
  })
  return grid(['what', 'goal', 'measured', 'verdict'], rows, 'left')
}

function boundOf(bound: Bound): string {
  if (bound === 'told') return 'to be told'
  return 'atMost' in bound ? `at most ${bound.atMost}` : `below ${bound.below}`
}

function printed({ ratio, decisive }: Measured): string {
  return decisive === undefined ? spread(ratio) : `${spread(ratio)}, ${decisive}`
}

function verdict(goal: Goal, measured: Measured | null): string {
  if (measured === null) return 'not measured'
  if (goal.bound === 'told') return 'told'
  const { median, min, max } = measured.ratio
  const isClear = isMet(goal.bound, min) === isMet(goal.bound, max)
  const remark = isClear ? '' : ', but not in every round'
  if (isMet(goal.bound, median)) return `met${remark}`
  return `**missed**${remark}${goal.reason === undefined ? '' : `: ${goal.reason}`}`
}
