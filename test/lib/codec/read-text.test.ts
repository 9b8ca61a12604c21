import type { DescMessage } from '@bufbuild/protobuf'
import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { fieldTextReader } from '../../../lib/codec/read-text.ts'
import { MapsSchema, OneofsSchema, RepeatedsSchema, WellKnownSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { outcome } from './read-outcome.ts'

function readerOf(desc: DescMessage, name: string) {
  return fieldTextReader(desc.fields.find(field => field.name === name)!)
}

t.test('a field mask is paths of either spelling', async t => {
  const read = readerOf(WellKnownSchema, 'field_mask')!
  t.match(outcome(read, ''), { paths: [] })
  t.match(outcome(read, 'title,author.bornIn,price_minor'), { paths: ['title', 'author.born_in', 'price_minor'] })
  for (const text of [',', 'a,', 'a..b', 'a b', '1a', 'a.', '*']) {
    t.match(outcome(read, text), /^must be field paths with commas between them/, text)
  }
})

t.test('a wrapper is what it wraps', async t => {
  t.equal(outcome(readerOf(WellKnownSchema, 'int64_wrapper')!, '5'), 5n)
  t.match(outcome(readerOf(WellKnownSchema, 'int64_wrapper')!, 'x'), /must be an integer/)
  const inOneof = { ...OneofsSchema.field.time, message: StringValueSchema }
  t.match(outcome(fieldTextReader(inOneof as never)!, 'x'), { $typeName: 'google.protobuf.StringValue', value: 'x' })
})

t.test('of a repeated field, one element is read', async t => {
  t.equal(outcome(readerOf(RepeatedsSchema, 'bool_values')!, 'true'), true)
})

t.test('what one text cannot express has no reader', async t => {
  for (const name of ['struct', 'value', 'any', 'empty', 'timestamps', 'int64_wrappers']) {
    t.equal(readerOf(WellKnownSchema, name), undefined, name)
  }
  t.equal(fieldTextReader(MapsSchema.fields[0]!), undefined)
  t.equal(readerOf(OneofsSchema, 'scalars'), undefined)
})
