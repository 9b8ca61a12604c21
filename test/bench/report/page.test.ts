import t from 'tap'
import { details, page } from '../../../bench/report/page.ts'
import { costs, environment, known, recorded } from './known.ts'

const names = ['bare', 'full', 'footprint', 'codec']

/** What stands below a heading. */
function below(text: string, heading: string): string {
  const [, after] = text.split(`\n${heading}\n`)
  return after?.split(/\n#+ /)[0] ?? ''
}

t.test('says first where, when and how it was measured', async t => {
  const [head] = page(known(), names).split('\n## ')
  t.match(head, 'a CPU, 4 cores, 16 GiB, Linux 6.1; pinned')
  t.match(head, '2026-11-23, commit abc1234, Node v24.21.0')
  t.match(head, '3, in each a turn of 1.5 s')
})

t.test('says that nothing was pinned, and that files differed from the commit', async t => {
  const { suites, contenders } = known()
  const table = { ...suites.bare!.tables[0]!, method: { rounds: 3, turnMs: 1500, isPinned: false } }
  const bare = { environment: { ...environment, isModified: true }, tables: [table] }
  const text = page({ contenders, suites: { bare } }, names)
  t.match(text, 'nothing is pinned')
  t.match(text, 'commit abc1234, modified')
})

t.test('shows at a glance what all cost, bare to the floor and full to Sluice', async t => {
  const glance = below(page(known(), names), '## At a glance')
  t.match(glance, /bare Fastify +\| +1\.00 = 10\.0 µs \|/)
  t.match(glance, /\*\*Sluice\*\* +\| +\*\*1\.80\*\* \|/)
  t.match(glance, /\*\*Sluice\*\* +\| +\*\*1\.00 = 50\.0 µs\*\* \|/)
  t.match(glance, /Gin \+ grpc-go +\| +2\.00 \| +1\.41 \|/)
})

t.test('lists each contender once, with its version and remarks, or why it took no part', async t => {
  const text = page(known(), names)
  t.match(text, '- **Envoy** (`envoy`; bare, full): Envoy 1.0. Remark on Envoy.\n')
  t.match(text, '- **nginx** (`nginx`; bare, full). Did not take part: it is not installed.')
  t.equal(text.split('Remark on Envoy.').length, 2)
})

t.test('tells what can be asked for', async t => {
  const text = below(page(known(), names), '## How to run')
  t.match(text, 'Suites for `CASE=`: `bare`, `full`, `footprint`, `codec`.')
  t.match(text, '`product`, `list20`, `list200`, `order`, `stream`')
  t.match(text, '`gin`, `grpc-gateway`')
})

t.test('holds on without a suite, and without any', async t => {
  const { contenders, suites } = known()
  const text = page({ contenders, suites: { full: suites.full! } }, names)
  t.match(below(text, '## At a glance'), 'upstream. Not measured yet.')
  t.match(below(text, '## Goals'), /Memory, bare.+not measured/)
  t.match(page({ contenders: [], suites: {} }, names), '## Goals')
})

t.test('says of a suite that was measured elsewhere, or otherwise, where and how', async t => {
  const main = recorded(costs('bare', {}))
  t.equal(details(recorded(costs('full', {})), main)[1], 'As measured.')
  const later = { ...environment, date: '2027-01-01', cpu: 'another CPU' }
  const elsewhere = { environment: later, tables: [costs('full', {})] }
  t.equal(
    details(elsewhere, main)[1],
    'As measured. Measured apart: 2027-01-01, commit abc1234, another CPU, 4 cores, 16 GiB, Linux 6.1.'
  )
  const slower = { ...costs('full', {}), method: { rounds: 9, turnMs: 200, isPinned: false } }
  t.equal(details(recorded(slower), main)[1], 'As measured. 9 rounds of 0.2 s, not pinned.')
})
