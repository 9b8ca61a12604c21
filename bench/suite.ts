/** What one measurement found; becomes a section of BENCHMARKS.md. */
export interface Suite {
  title: string
  /** What was measured and how, in Markdown. */
  text: string
  unit: string
  /** The contender that a second column of ratios is against. Default: there is none. */
  ours?: string | undefined
  cases: Case[]
}

/** The same work done by several contenders in one run. */
export interface Case {
  name: string
  contenders: Contender[]
}

export interface Contender {
  name: string
  median: number
  min: number
  max: number
}

/** Sums up what the rounds measured. */
export function summarize(name: string, values: readonly number[]): Contender {
  const sorted = values.toSorted((one, other) => one - other)
  return { name, median: sorted[Math.floor(sorted.length / 2)]!, min: sorted[0]!, max: sorted.at(-1)! }
}
