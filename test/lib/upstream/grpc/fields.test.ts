import t from 'tap'
import { addFields, binaryValuesOf, fieldOf, hasField } from '../../../../lib/upstream/grpc/fields.ts'

const fields = [':status', '200', 'a', '1', 'set-cookie', 'b', 'set-cookie', 'c', 'empty', '']

t.test('a field that came more than once is a list', async t => {
  t.equal(fieldOf(fields, 'a'), '1')
  t.equal(fieldOf(fields, 'set-cookie'), 'b, c')
  t.equal(fieldOf(fields, 'empty'), '')
  t.equal(fieldOf(fields, '1'), null)
  t.equal(hasField(fields, 'empty'), true)
  t.equal(hasField(fields, '1'), false)
})

t.test('binary values are base64, padded or not, one by one or in a list', async t => {
  const binary = ['a-bin', 'AAECAw==', 'b-bin', 'AAECAw', 'c-bin', 'AA==,AQ', 'c-bin', 'Ag==']
  t.same(binaryValuesOf(binary, 'a-bin'), [Buffer.from([0, 1, 2, 3])])
  t.same(binaryValuesOf(binary, 'b-bin'), [Buffer.from([0, 1, 2, 3])])
  t.same(binaryValuesOf(binary, 'c-bin'), [Buffer.from([0]), Buffer.from([1]), Buffer.from([2])])
  t.same(binaryValuesOf(binary, 'd-bin'), [])
})

t.test('headers of an answer are those of the upstream alone', async t => {
  t.same(
    [...addFields(new Headers(), fields)],
    [
      ['a', '1'],
      ['empty', ''],
      ['set-cookie', 'b'],
      ['set-cookie', 'c']
    ]
  )
})
