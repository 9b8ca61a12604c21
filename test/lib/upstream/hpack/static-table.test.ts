import t from 'tap'
import {
  staticCount,
  staticIndex,
  staticNameIndex,
  staticNames,
  staticValues
} from '../../../../lib/upstream/hpack/static-table.ts'

t.test('there are 61 fields, the first with index 1', async t => {
  t.equal(staticCount, 61)
  t.same([staticNames[1], staticValues[1]], [':authority', ''])
  t.same([staticNames[61], staticValues[61]], ['www-authenticate', ''])
})

t.test('each field is found by its name and value', async t => {
  for (let index = 1; index <= staticCount; index++) {
    t.equal(staticIndex(staticNames[index]!, staticValues[index]!), index)
  }
})

t.test('a name that several fields have is that of the first', async t => {
  t.equal(staticNameIndex.get(':status'), 8)
  t.equal(staticNameIndex.get(':method'), 2)
})

t.test('a value that no field has is not found', async t => {
  t.equal(staticIndex(':status', '201'), undefined)
  t.equal(staticIndex('grpc-status', '0'), undefined)
  t.equal(staticIndex('www-authenticate', 'Bearer'), undefined)
})
