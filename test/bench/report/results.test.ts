import t from 'tap'
import { merge, type Results, serialize, tableOf } from '../../../bench/report/results.ts'
import { costs, participant, recorded } from './known.ts'

const names = ['bare', 'full', 'codec']
const before: Results = {
  contenders: [participant('gin', 'Gin')],
  suites: {
    gone: recorded(costs('gone', {})),
    codec: recorded(costs('codec', {})),
    bare: recorded(costs('bare', {}))
  }
}

t.test('keeps what the others found when one suite is recorded anew, in the order of the page', async t => {
  const { suites } = merge(before, { name: 'bare', recorded: recorded(costs('newer', {})) }, names)
  t.strictSame(Object.keys(suites), ['bare', 'codec'])
  t.equal(suites.bare!.tables[0]!.id, 'newer')
  t.equal(suites.codec, before.suites.codec)
})

t.test('drops a suite that there is no more', async t => {
  t.notOk('gone' in merge(before, { name: 'full', recorded: recorded() }, names).suites)
})

t.test('lists the contenders as those saw them who compared them last', async t => {
  const contenders = [participant('envoy', 'Envoy')]
  t.equal(merge(before, { name: 'full', recorded: recorded(), contenders }, names).contenders, contenders)
  t.equal(merge(before, { name: 'codec', recorded: recorded() }, names).contenders, before.contenders)
})

t.test('finds a table among those of all suites', async t => {
  t.equal(tableOf(before, 'codec'), before.suites.codec!.tables[0])
  t.equal(tableOf(before, 'full'), undefined)
})

t.test('writes the same text, whatever the order of keys, with a line for each contender', async t => {
  const table = costs('bare', { one: { a: [1.23456789, 2], b: [3] } })
  const { environment, tables } = recorded(table)
  const backwards = Object.fromEntries(Object.entries(table).toReversed()) as unknown as typeof table
  const text = serialize({ contenders: [], suites: { bare: { environment, tables } } })
  t.equal(serialize({ suites: { bare: { tables: [backwards], environment } }, contenders: [] }), text)
  t.match(text, /^ +\{ "name": "a", "median": 1\.61728, "min": 1\.23457, "max": 2, "rounds": \[ 1\.23457, 2 \] \},$/m)
  t.match(JSON.parse(text), { suites: { bare: { tables: [{ cases: [{ contenders: [{ rounds: [1.23457, 2] }] }] }] } } })
})
