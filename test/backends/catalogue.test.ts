import t from 'tap'
import { validate, version } from 'uuid'
import { catalogue } from '../../backends/catalogue.ts'

t.test('the sample catalogue is big enough to page and to filter', async t => {
  t.ok(catalogue.length >= 30)
  const categories = new Set(catalogue.map(product => product.category))
  for (const name of ['electronics', 'clothing', 'food']) t.ok(categories.has(name), name)
})

t.test('its products are the same in every shop, and told apart by id and by number', async t => {
  t.equal(new Set(catalogue.map(({ id }) => id)).size, catalogue.length)
  t.equal(new Set(catalogue.map(({ sku }) => sku)).size, catalogue.length)
  t.ok(catalogue.every(({ id }) => validate(id) && version(id) === 7))
  t.equal(catalogue[0]!.id, '019b76da-a800-7000-8000-000000000000')
})

t.test('no two were added at the same time, so that a list by age has one order', async t => {
  const times = catalogue.map(({ createdAt }) => createdAt.getTime())
  t.ok(times.every((time, index) => index === 0 || time > times[index - 1]!))
})

t.test('its first product is there in plenty', async t => {
  t.ok(catalogue[0]!.stock >= 100_000)
})
