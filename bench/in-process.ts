import { count } from './settings.ts'
import { type Contender, summarize } from './suite.ts'

export interface Work {
  name: string
  /** Does the work once. */
  run(): unknown
}

const rounds = count('ROUNDS', 9)
/** How long each turn of a contender takes, about. */
const turnMicros = 100_000
/** What warming up costs at most, about. */
const warmUpMicros = 2_000_000

/** Where results go, so that no engine can leave the work out. */
const sink: unknown[] = [null]

/**
 * Measures what each work costs in CPU microseconds of the process, its compiler and garbage collector included. The turns
 * are interleaved: what disturbs the machine for a while disturbs all of them.
 */
export function compare(works: readonly Work[]): Contender[] {
  const costs = works.map((): number[] => [])
  const repeats = works.map(work => Math.max(1, Math.round(turnMicros / Math.max(0.01, warmUp(work)))))
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) costs[index]!.push(repeat(work, repeats[index]!))
  }
  return works.map(({ name }, index) => summarize(name, costs[index]!))
}

/** Repeats a work until the engine has compiled what is hot in it. Returns what one run costs then. */
function warmUp(work: Work): number {
  // Large works, of which less are enough, would take minutes.
  const times = Math.ceil(Math.min(2000, warmUpMicros / Math.max(0.01, repeat(work, 10))))
  repeat(work, times)
  return repeat(work, Math.ceil(times / 2))
}

/** CPU microseconds of one run, on average over so many. */
function repeat({ run }: Work, times: number): number {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) sink[0] = run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}
