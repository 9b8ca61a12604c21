import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { compilePick } from '../../../lib/codec/pick.ts'
import { BookSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import {
  Color,
  NestedSchema,
  OneofsSchema,
  OptionalsSchema,
  ScalarsSchema
} from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { message, text, varint } from './to-json/wire.ts'

function pick<Desc extends DescMessage>(desc: Desc, path: string, init: MessageInitShape<Desc>): string | undefined {
  return compilePick(desc, path)(toBinary(desc, create(desc, init)))
}

t.test('a field is picked as the text that a path or a header shows', async t => {
  t.equal(pick(BookSchema, 'title', { title: 'a "quoted" é' }), 'a "quoted" é')
  t.equal(pick(BookSchema, 'price_minor', { priceMinor: 2n ** 62n }), '4611686018427387904')
  t.equal(pick(BookSchema, 'author.name', { author: { name: 'x' } }), 'x')
  t.equal(pick(BookSchema, 'author.born', { author: { born: -5 } }), '-5')
  t.equal(pick(BookSchema, 'color', { color: Color.LIGHT_BLUE }), 'light_blue')
  t.equal(pick(BookSchema, 'color', { color: 77 as Color }), '77')
  t.equal(pick(ScalarsSchema, 'bool_value', { boolValue: true }), 'true')
  t.equal(pick(ScalarsSchema, 'bytes_value', { bytesValue: new Uint8Array([1, 2, 255]) }), 'AQL/')
  t.equal(pick(ScalarsSchema, 'double_value', { doubleValue: Number.NaN }), 'NaN')
  t.equal(pick(NestedSchema, 'inner.innermost.name', { inner: { innermost: { name: 'x' } } }), 'x')
})

t.test('a field that is not set is undefined', async t => {
  t.equal(pick(BookSchema, 'title', {}), undefined)
  t.equal(pick(BookSchema, 'title', { title: '' }), undefined)
  t.equal(pick(BookSchema, 'subtitle', {}), undefined)
  t.equal(pick(BookSchema, 'author.name', {}), undefined)
  t.equal(pick(BookSchema, 'author.name', { author: {} }), undefined)
  t.equal(pick(OneofsSchema, 'text', { choice: { case: 'number', value: 5n } }), undefined)
})

t.test('a field with presence is picked when it is zero, too', async t => {
  t.equal(pick(BookSchema, 'subtitle', { subtitle: '' }), '')
  t.equal(pick(OptionalsSchema, 'int32_value', { int32Value: 0 }), '0')
  t.equal(pick(OneofsSchema, 'text', { choice: { case: 'text', value: '' } }), '')
})

t.test('of a field that is there several times, the last value is picked', async t => {
  const inParts = [message(1, text(3, 'tag'), varint(2, 1)), message(1, varint(2, 2)), message(1, text(3, 'tag'))]
  t.equal(compilePick(NestedSchema, 'inner.count')(Buffer.concat(inParts)), '2')
  t.equal(compilePick(OneofsSchema, 'number')(Buffer.concat([varint(2, 5), text(1, 'x')])), undefined)
  t.equal(compilePick(OneofsSchema, 'number')(Buffer.concat([text(1, 'x'), varint(2, 5)])), '5')
})

t.test('the rest of the message is not looked at', async t => {
  // A Timestamp that has no JSON form.
  const wire = Buffer.concat([text(2, 'x'), message(7, varint(2, 2 ** 31 - 1))])
  t.equal(compilePick(BookSchema, 'title')(wire), 'x')
})

t.test('bytes that are malformed on the way are refused', async t => {
  t.throws(() => compilePick(BookSchema, 'author.name')(Buffer.from('1a020a05', 'hex')), {
    name: 'PrintError',
    message: /fixture.v1.Book: the bytes are malformed/
  })
})

t.test('a path that leads to no scalar is refused at the start', async t => {
  const cases: [desc: DescMessage, path: string, reason: string][] = [
    [BookSchema, 'nothing', 'no field "nothing"'],
    [BookSchema, '', 'no field ""'],
    [BookSchema, 'priceMinor', 'no field "priceMinor"'],
    [BookSchema, 'title.x', 'no field "title.x"'],
    [BookSchema, 'tags', '"tags" has no single value'],
    [BookSchema, 'labels', '"labels" has no single value'],
    [NestedSchema, 'children.inner.count', '"children.inner.count" has no single value'],
    [BookSchema, 'author', '"author" is a message, only one of its fields can be picked']
  ]
  for (const [desc, path, reason] of cases) {
    t.throws(() => compilePick(desc, path), {
      name: 'StartError',
      code: 'SLUICE_ERR_OPTION_INVALID',
      message: `${desc.typeName}: ${reason}`
    })
  }
})
