import t from 'tap'
import { didYouMean, nearest, quoteName } from '../../../lib/codec/nearest.ts'

t.test('the nearest name is the one with the fewest wrong letters', async t => {
  const names = ['quantity', 'product_id', 'page', 'page_size', 'id']
  const cases: [name: string, nearest: string | undefined][] = [
    ['quantitty', 'quantity'],
    ['qauntity', 'quantity'],
    ['Quantity', 'quantity'],
    ['product-id', 'product_id'],
    ['productid', 'product_id'],
    ['pag', 'page'],
    ['paeg', 'page'],
    ['page_sizes', 'page_size'],
    ['ID', 'id'],
    ['ix', 'id'],
    ['colour', undefined],
    ['x', undefined],
    ['', undefined],
    ['q'.repeat(1_000_000), undefined]
  ]
  for (const [name, expected] of cases) t.equal(nearest(name, names), expected, name.slice(0, 20))
})

t.test('a suggestion is made only when a name is near', async t => {
  t.equal(didYouMean('pagee', ['page']), ', did you mean "page"?')
  t.equal(didYouMean('colour', ['page']), '')
})

t.test('a long name is cut in an error text', async t => {
  t.equal(quoteName('a"b'), '"a\\"b"')
  t.equal(quoteName('x'.repeat(100)), `"${'x'.repeat(64)}..."`)
})
