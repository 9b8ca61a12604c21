// `make bench`: measures, then writes BENCHMARKS.md and bench/results.json. CASE=codec measures one suite and keeps what is
// known of the others; CASE=list20, or PEER=sluice,gin, measures that much alone, and writes nothing; CASE=page measures
// nothing, and writes the page anew.
import { cases } from './cases.ts'
import { record, rewrite, show } from './report.ts'
import { participants, problemOfPeers } from './side-by-side/peers.ts'
import { parts, sideBySide, suites } from './suites.ts'

const wanted = process.env.CASE ?? ''
const isOneCase = Object.hasOwn(cases, wanted)
const isPartial = isOneCase || (process.env.PEER ?? '') !== ''
const problem = problemOfCase() ?? problemOfPeers()
if (problem !== null) {
  console.error(problem)
  process.exit(1)
}
if (wanted === 'page') await rewrite(suites)
const names = isOneCase ? ['bare', 'full'] : suites.filter(name => wanted === '' || wanted === name)
for (const name of names) {
  const compare = sideBySide[name]
  const tables = compare === undefined ? [await parts[name]!()] : await compare()
  show(tables)
  if (!isPartial) await record(name, tables, suites, compare && (await participants()))
}

function problemOfCase(): string | null {
  if (['', 'page', ...suites].includes(wanted) || isOneCase) return null
  return `CASE takes a suite (${suites.join(', ')}), a case (${Object.keys(cases).join(', ')}) or page; not ${wanted}`
}
