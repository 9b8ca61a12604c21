// The tables of one suite: contenders are rows, and cases are columns.
import { type Case, type Contender, ratioOf, type Spread, type Suite } from '../suite.ts'
import { grid, median, number, spread } from './format.ts'

/** What a contender has in a case that it has no part in. */
const none = '–'

/** All tables of a suite: the figures, and what they are to those that they are compared with. */
export function tablesOf(suite: Suite): string[] {
  const { growsFrom, ratiosTo = [null] } = suite
  const [first, second, third] = names(suite)
  if (growsFrom === undefined && second !== undefined && third === undefined) return [duel(suite, first!, second)]
  const ratios = ratiosTo.flatMap(reference => {
    const table = ratioTable(suite, reference, spread)
    return table === null ? [] : [`Ratio to ${reference ?? 'the first'}, round by round:\n\n${table}`]
  })
  return [figureTable(suite), ...ratios]
}

/**
 * What all contenders take of what one of them does.
 *
 * @param reference its name; null: the first of each case
 * @returns null when it has no part in it
 */
export function ratioTable(
  suite: Suite,
  reference: string | null,
  print: (ratio: Spread) => string = median
): string | null {
  const referenceIn = ({ contenders }: Case) =>
    reference === null ? contenders[0] : contenders.find(({ name }) => name === reference)
  if (!suite.cases.some(referenceIn)) return null
  const rows = names(suite).map(name => [
    name,
    ...suite.cases.map(each => {
      const [own, other] = [find(each, name), referenceIn(each)]
      if (own === undefined || other === undefined) return none
      return own === other ? `1.00 = ${number(own.median)} ${suite.unit}` : print(ratioOf(own, other))
    })
  ])
  return grid(['', ...suite.cases.map(({ name }) => name)], rows)
}

function figureTable(suite: Suite): string {
  const { cases, growsFrom, unit } = suite
  const first = cases.find(({ name }) => name === growsFrom)
  const rows = names(suite).map(name => {
    const cells = cases.map(each => printed(find(each, name)))
    return [name, ...cells, ...(first === undefined ? [] : [growth(first, cases.at(-1)!, name)])]
  })
  const growthHead = first === undefined ? [] : [`last to ${first.name}`]
  return grid([unit, ...cases.map(({ name }) => name), ...growthHead], rows)
}

/** Two contenders, and mostly many cases: those are the rows. */
function duel(suite: Suite, first: string, second: string): string {
  const rows = suite.cases.map(each => {
    const [one, other] = [find(each, first), find(each, second)]
    const ratio = one === undefined || other === undefined ? none : spread(ratioOf(other, one))
    return [each.name, printed(one), printed(other), ratio]
  })
  return grid([suite.unit, first, second, `${second} to ${first}`], rows)
}

function growth(first: Case, last: Case, name: string): string {
  const [from, to] = [find(first, name), find(last, name)]
  return from === undefined || to === undefined ? none : (to.median / from.median).toFixed(2)
}

function printed(contender: Contender | undefined): string {
  return contender === undefined ? none : spread(contender)
}

/** Of all who have a part in any case, in their order. */
function names({ cases }: Suite): string[] {
  return [...new Set(cases.flatMap(({ contenders }) => contenders.map(({ name }) => name)))]
}

function find({ contenders }: Case, wanted: string): Contender | undefined {
  return contenders.find(({ name }) => name === wanted)
}
