/** What one measurement found; becomes a section of BENCHMARKS.md. */
export interface Suite {
  /** What the tables at a glance and the goals find it by. Default: they do not look for it. */
  id?: string
  title: string
  /** What was measured, in Markdown. */
  text: string
  /** Of all figures; empty: the name of each case tells its own. */
  unit: string
  /** Contenders that the others are compared with, by name: each gets a table of ratios. Default: the first of each case. */
  ratiosTo?: readonly string[]
  /** The case that the last one is compared with, within each contender, by name. Default: there is none. */
  growsFrom?: string
  /** Default: in the process of the bench itself. */
  method?: Method
  cases: Case[]
}

/** How the contenders were measured. */
export interface Method {
  /** In each of which every contender has a turn. */
  rounds: number
  /** How long a turn takes, in milliseconds. */
  turnMs: number
  /** Whether contenders had a core of their own. */
  isPinned: boolean
}

/** The same work done by several contenders in one run; a column of a table. */
export interface Case {
  name: string
  contenders: Contender[]
}

export interface Contender extends Spread {
  name: string
  /** What each round measured: those of one number, in all contenders of a case, were measured one after the other. */
  rounds: readonly number[]
}

export interface Spread {
  median: number
  min: number
  max: number
}

/** Sums up what the rounds measured. */
export function summarize(name: string, rounds: readonly number[]): Contender {
  return { name, ...spreadOf(rounds), rounds }
}

/**
 * What a contender takes of what another does: compared round by round, so that what disturbs both does not count. Where there
 * are no rounds to compare, the medians are.
 */
export function ratioOf(contender: Contender, reference: Contender): Spread {
  const { rounds } = contender
  const others = reference.rounds
  const isPaired = rounds.length > 0 && rounds.length === others.length
  return spreadOf(
    isPaired ? rounds.map((value, round) => value / others[round]!) : [contender.median / reference.median]
  )
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)]
  return { median: (sorted[low]! + sorted[high]!) / 2, min: sorted[0]!, max: sorted.at(-1)! }
}
