import t from 'tap'
import { ratioTable, tablesOf } from '../../../bench/report/tables.ts'
import { type Suite, summarize } from '../../../bench/suite.ts'

const suite: Suite = {
  title: 'Cost',
  text: '',
  unit: 'µs',
  ratiosTo: ['floor'],
  cases: [
    {
      name: 'one',
      contenders: [
        summarize('floor', [10, 10, 10]),
        summarize('Sluice', [20, 30, 20]),
        summarize('other', [5000, 4000, 6000])
      ]
    },
    { name: 'many', contenders: [summarize('floor', [10, 11, 20]), summarize('Sluice', [20, 22, 21])] }
  ]
}

/** The cells of a table, row by row, without the ruler. */
function cellsOf(table: string): string[][] {
  const lines = table.split('\n')
  return [lines[0]!, ...lines.slice(2)].map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim())
  )
}

t.test('has a row for each contender and a column for each case, with medians and what lies around them', async t => {
  t.strictSame(cellsOf(tablesOf(suite)[0]!), [
    ['µs', 'one', 'many'],
    ['floor', '10.0', '11.0 (10.0–20.0)\\*'],
    ['**Sluice**', '**20.0 (20.0–30.0)**', '**21.0 (20.0–22.0)**'],
    ['other', '5,000 (4,000–6,000)', '–']
  ])
})

t.test('marks what is noisy, and only that', async t => {
  const spreads: [rounds: number[], isNoisy: boolean][] = [
    [[10, 15], false],
    [[10, 15.1], true],
    [[0, 1], true]
  ]
  for (const [rounds, isNoisy] of spreads) {
    const [table] = tablesOf({ ...suite, cases: [{ name: 'one', contenders: [summarize('a', rounds)] }] })
    t.equal(table!.includes('\\*'), isNoisy, `${rounds}`)
  }
})

t.test('compares round by round with each that is asked for, and tells what that one takes itself', async t => {
  const [, ratios] = tablesOf(suite)
  t.match(ratios, /^Ratio to floor, round by round:\n\n/)
  t.strictSame(cellsOf(ratios!.split('\n\n')[1]!), [
    ['', 'one', 'many'],
    ['floor', '1.00 = 10.0 µs', '1.00 = 11.0 µs'],
    ['**Sluice**', '**2.00 (2.00–3.00)**', '**2.00 (1.05–2.00)\\***'],
    ['other', '500 (400–600)', '–']
  ])
  t.equal(tablesOf({ ...suite, ratiosTo: [] }).length, 1)
  t.equal(tablesOf({ ...suite, ratiosTo: ['floor', 'Sluice'] }).length, 3)
  t.equal(tablesOf({ ...suite, ratiosTo: ['floor', 'absent'] }).length, 2, 'who took no part is not compared with')
})

t.test('compares with the first of each case when nothing is asked for', async t => {
  const { ratiosTo: _, ...others } = suite
  t.match(tablesOf(others)[1], 'Ratio to the first')
})

t.test('tells ratios without what lies around them where there is little room', async t => {
  t.strictSame(cellsOf(ratioTable(suite, 'Sluice')!).slice(1), [
    ['floor', '0.50', '0.50\\*'],
    ['**Sluice**', '**1.00 = 20.0 µs**', '**1.00 = 21.0 µs**'],
    ['other', '250\\*', '–']
  ])
  t.equal(ratioTable(suite, 'absent'), null)
})

t.test('tells how much more the last case takes than another', async t => {
  const [table] = tablesOf({ ...suite, growsFrom: 'one' })
  t.strictSame(
    cellsOf(table!).map(cells => cells.at(-1)),
    ['last to one', '1.10', '**1.05**', '–']
  )
})

t.test('puts two contenders side by side, with a row for each case', async t => {
  const [one, many] = suite.cases
  const cases = [{ ...one!, contenders: one!.contenders.slice(0, 2) }, many!]
  t.strictSame(tablesOf({ ...suite, cases }).map(cellsOf), [
    [
      ['µs', 'floor', 'Sluice', 'Sluice to floor'],
      ['one', '10.0', '20.0 (20.0–30.0)', '2.00 (2.00–3.00)'],
      ['many', '11.0 (10.0–20.0)\\*', '21.0 (20.0–22.0)', '2.00 (1.05–2.00)\\*']
    ]
  ])
})
