import t from 'tap'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import { JsonBuffer } from '../../../../lib/codec/to-json/json-buffer.ts'
import { NestedSchema, ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { message, text } from './wire.ts'

const MIB = 1024 * 1024

t.test('text of any length is whole, and stays as it is when more is printed', async t => {
  const print = compileToJson(ScalarsSchema, { implicitFields: false })
  for (const length of [0, 1, 1000, 16 * 1024, 100_000, 3 * MIB]) {
    const value = 'x'.repeat(length + 1)
    const first = print(text(14, value))
    print(text(14, 'y'.repeat(length + 1)))
    t.ok(first.equals(Buffer.from(`{"string_value":"${value}"}`)), `${length} bytes`)
  }
})

t.test('the last comma becomes the bracket', async t => {
  const out = new JsonBuffer()
  out.ascii('[')
  out.close(0x5d)
  out.ascii('[1')
  out.comma()
  out.close(0x5d)
  t.equal(out.take().toString(), '[][1]')
})

t.test('an answer of few bytes that would be printed as very many is refused', async t => {
  // Two bytes for each message, all the fields of which are printed.
  const empty = Buffer.concat([message(4)])
  const wire = Buffer.alloc(4 * MIB, empty)
  const print = compileToJson(NestedSchema)
  t.throws(() => print(message(3, message(3, wire), wire, wire)), {
    name: 'PrintError',
    message: /longer than 134217728 bytes/
  })
  t.equal(compileToJson(NestedSchema, { implicitFields: false })(empty).toString(), '{"children":[{}]}')
})
