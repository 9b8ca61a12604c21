// `make bench`: measures, then writes BENCHMARKS.md and bench/results.json. CASE=codec measures one suite and keeps what is
// known of the others; CASE=list20, or PEER=sluice,gin, measures that much alone, and writes nothing; CASE=page measures
// nothing, and writes the page anew.
import { cases } from './cases.ts'
import { endAllWithSignals } from './processes/signals.ts'
import { record, rewrite, show } from './report.ts'
import { participants, problemOfPeers } from './side-by-side/peers.ts'
import { parts, sideBySide, suites } from './suites.ts'

const wanted = process.env.CASE ?? ''
const isOneCase = Object.hasOwn(cases, wanted)
const isOfSome = (process.env.PEER ?? '') !== ''
const isPartial = isOneCase || isOfSome
const problem = problemOfCase() ?? problemOfPeers()
if (problem !== null) {
  console.error(problem)
  process.exit(1)
}
endAllWithSignals()
if (wanted === 'page') await rewrite(suites)
const names = isOneCase ? ['bare', 'full'] : suites.filter(isWanted)
for (const name of names) {
  const compare = sideBySide[name]
  const tables = compare === undefined ? [await parts[name]!()] : await compare()
  show(tables)
  if (!isPartial) await record(name, tables, suites, compare && (await participants()))
}

/** Parts of Sluice have no contenders to choose from. */
function isWanted(name: string): boolean {
  return wanted === name || (wanted === '' && !(isOfSome && Object.hasOwn(parts, name)))
}

function problemOfCase(): string | null {
  if (isOfSome && Object.hasOwn(parts, wanted)) return `CASE=${wanted} measures Sluice alone: PEER has no part in it`
  if (['', 'page', ...suites].includes(wanted) || isOneCase) return null
  return `CASE takes a suite (${suites.join(', ')}), a case (${Object.keys(cases).join(', ')}) or page; not ${wanted}`
}
