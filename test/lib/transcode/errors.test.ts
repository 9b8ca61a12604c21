import t from 'tap'
import { BindError } from '../../../lib/transcode/errors.ts'

t.test('the message is a sentence about the first violation', async t => {
  const unknown = {
    reason: 'UNKNOWN_FIELD',
    field: 'items[0].quantitty',
    description: 'unknown field "quantitty", did you mean "quantity"?'
  } as const
  const invalid = { reason: 'INVALID_VALUE', field: 'items[0].quantity', description: 'must be a string' } as const
  t.equal(new BindError(unknown).message, 'unknown field "quantitty", did you mean "quantity"?')
  t.equal(new BindError(invalid).message, '"items[0].quantity" must be a string')
  t.equal(new BindError(invalid, unknown).message, '"items[0].quantity" must be a string (and 1 more)')
  t.equal(new BindError({ ...invalid, field: '' }).message, 'the body must be a string')
  const body = { reason: 'UNEXPECTED_BODY', field: '', description: 'this method takes no body' } as const
  t.equal(new BindError(body).message, 'this method takes no body')
})

t.test('the reason is that of the first violation', async t => {
  const invalid = { reason: 'INVALID_VALUE', field: 'a', description: 'x' } as const
  const bound = { reason: 'BOUND_FIELD', field: 'b', description: 'y' } as const
  const error = new BindError(bound, invalid)
  t.equal(error.reason, 'BOUND_FIELD')
  t.same(error.violations, [bound, invalid])
})
