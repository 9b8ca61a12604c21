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

t.test('there is a limit to what few bytes can be printed as', async t => {
  const out = new JsonBuffer(20_000)
  out.ascii('x'.repeat(20_000))
  t.throws(() => out.byte(0x5d), { name: 'Error', message: 'it is longer than 20000 bytes as JSON' })
  // Two bytes for each message, all the fields of which are printed.
  t.throws(() => compileToJson(NestedSchema)(Buffer.alloc(8 * MIB, message(4))), {
    name: 'PrintError',
    message: /^fixture.v1.Nested: it is longer than/
  })
})
