import t from 'tap'
import { Violations } from '../../../lib/codec/violations.ts'

t.test('fields are put behind their parents', async t => {
  const errors = new Violations()
  errors.add('INVALID_VALUE', 'other', 'stays')
  errors.refuse('is wrong')
  errors.prefix(1, 'quantity')
  errors.prefix(1, '[3]')
  errors.prefix(1, 'items')
  errors.prefix(1, '')
  t.same(
    errors.list.map(violation => violation.field),
    ['other', 'items[3].quantity']
  )
})

t.test('no more than 20 are kept', async t => {
  const errors = new Violations()
  for (let index = 0; index < 20; index++) {
    t.notOk(errors.full)
    errors.refuse(`wrong ${index}`)
  }
  t.ok(errors.full)
  errors.refuse('wrong 20')
  t.equal(errors.list.length, 20)
  t.equal(errors.list.at(-1)?.description, 'wrong 19')
})
