import { create, fromBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { compileFieldToWire, compileToWire } from '../../../../lib/codec/to-wire/compile.ts'
import { Violations } from '../../../../lib/codec/violations.ts'
import { BookSchema, EchoBodyRequestSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { OneofsSchema, WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'

t.test('one field is read with its tag, whatever it holds', async t => {
  const cases: [field: keyof typeof EchoBodyRequestSchema.field, text: string, message: object][] = [
    ['messageValue', '{"title":"x"}', { messageValue: { title: 'x' } }],
    ['stringValue', '"x"', { stringValue: 'x' }],
    ['stringValue', '""', { stringValue: '' }],
    ['int64Value', '"5"', { int64Value: 5n }],
    ['enumValue', '"red"', { enumValue: 1 }],
    ['bytesValue', '"AQ"', { bytesValue: new Uint8Array([1]) }],
    ['messageValues', '[{"title":"x"},{}]', { messageValues: [{ title: 'x' }, {}] }],
    ['messageValues', '[]', { messageValues: [] }],
    ['mapValue', '{"a":{"title":"x"}}', { mapValue: { a: { title: 'x' } } }],
    ['timestamp', '"1970-01-01T00:00:01Z"', { timestamp: { seconds: 1n } }]
  ]
  for (const [name, text, message] of cases) {
    const read = compileFieldToWire(EchoBodyRequestSchema.field[name])
    const errors = new Violations()
    t.match(fromBinary(EchoBodyRequestSchema, read(Buffer.from(text), errors)), message, `${name} ${text}`)
    t.same(errors.list, [])
    t.equal(read(Buffer.from(' null '), errors).length, 0, `${name} null`)
    t.same(errors.list, [])
  }
})

t.test('null is a value of a field of Value or NullValue', async t => {
  const value = compileFieldToWire(WellKnownSchema.field.value)(Buffer.from('null'), new Violations())
  t.match(fromBinary(WellKnownSchema, value), { value: { kind: { case: 'nullValue' } } })
  const nothing = compileFieldToWire(OneofsSchema.field.nothing)(Buffer.from('null'), new Violations())
  t.match(fromBinary(OneofsSchema, nothing), { choice: { case: 'nothing' } })
  t.equal(compileFieldToWire(WellKnownSchema.field.values)(Buffer.from('null'), new Violations()).length, 0)
})

t.test('what is wrong with one field is told relative to it', async t => {
  const cases: [field: keyof typeof EchoBodyRequestSchema.field, text: string, field: string][] = [
    ['stringValue', '5', ''],
    ['messageValue', '{"title":5}', 'title'],
    ['messageValues', '[{"title":5}]', '[0].title'],
    ['mapValue', '{"a":{"title":5}}', '["a"].title']
  ]
  for (const [name, text, field] of cases) {
    const errors = new Violations()
    compileFieldToWire(EchoBodyRequestSchema.field[name])(Buffer.from(text), errors)
    t.same(
      errors.list.map(violation => violation.field),
      [field],
      name
    )
  }
})

t.test('violations that were there before stay as they were', async t => {
  const errors = new Violations()
  errors.add('INVALID_QUERY', 'page', 'is wrong')
  compileToWire(BookSchema)(Buffer.from('{"title":5,"author":{"x":1}}'), errors)
  t.same(
    errors.list.map(violation => violation.field),
    ['page', 'title', 'author.x']
  )
})

t.test('what was written stays as it is when the next text is read', async t => {
  const read = compileToWire(BookSchema)
  const [first, second] = ['x', 'y'].map(title => read(Buffer.from(JSON.stringify({ title })), new Violations()))
  t.same(fromBinary(BookSchema, first!), create(BookSchema, { title: 'x' }))
  t.same(fromBinary(BookSchema, second!), create(BookSchema, { title: 'y' }))
})

t.test('a text that was refused leaves nothing behind for the next one', async t => {
  const read = compileToWire(BookSchema)
  for (const text of ['{"title":"x","author":{"name":', '{"tags":["a","b"', '{"title":"x","title":"x"}', '"', '[[[[']) {
    t.throws(() => read(Buffer.from(text), new Violations()))
    const wire = read(Buffer.from('{"title":"y","author":{}}'), new Violations())
    t.same(fromBinary(BookSchema, wire), create(BookSchema, { title: 'y', author: {} }), text)
  }
})
