import fc from 'fast-check'
import t from 'tap'
import { DynamicTable } from '../../../../lib/upstream/hpack/dynamic-table.ts'

/** The fields, the newest first. */
function fieldsOf(table: DynamicTable): [string, string][] {
  return Array.from({ length: table.count }, (_, index) => [table.nameAt(index), table.valueAt(index)])
}

t.test('the newest field comes first', async t => {
  const table = new DynamicTable(4096)
  table.add('a', '1')
  table.add('b', '2')
  t.same(fieldsOf(table), [
    ['b', '2'],
    ['a', '1']
  ])
})

t.test('a field counts 32 bytes more than its octets', async t => {
  const table = new DynamicTable(4096)
  table.add('name', 'value')
  t.equal(table.bytes, 4 + 5 + 32)
})

t.test('fields that fill the table to the last byte stay', async t => {
  const table = new DynamicTable(2 * 34)
  table.add('a', '1')
  table.add('b', '2')
  t.equal(table.count, 2)
  table.add('c', '')
  t.same(fieldsOf(table), [
    ['c', ''],
    ['b', '2']
  ])
})

t.test('a table of nothing takes nothing', async t => {
  const table = new DynamicTable(0)
  table.add('', '')
  t.equal(table.count, 0)
  t.equal(table.bytes, 0)
})

/** The table as the RFC describes it, with no thought of what it costs. */
class ModelTable {
  fields: [string, string][] = []
  maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get bytes(): number {
    return this.fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
  }

  evict(): void {
    while (this.bytes > this.maxBytes) this.fields.pop()
  }
}

t.test('whatever is added, and however the table is resized, it holds what the RFC says', async t => {
  const texts = fc.string({ maxLength: 40 })
  const adding = fc.tuple(texts, texts)
  const steps = fc.array(fc.oneof({ weight: 20, arbitrary: adding }, fc.nat(3000)), { maxLength: 120 })
  fc.assert(
    fc.property(steps, steps => {
      const table = new DynamicTable(2000)
      const model = new ModelTable(2000)
      for (const step of steps) {
        if (typeof step === 'number') {
          table.resize(step)
          model.maxBytes = step
        } else {
          table.add(...step)
          model.fields.unshift(step)
        }
        model.evict()
      }
      t.same(fieldsOf(table), model.fields)
      t.equal(table.bytes, model.bytes)
    }),
    { seed: 7541, numRuns: 200 }
  )
})
