import type { DescMessage } from '@bufbuild/protobuf'
import t from 'tap'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import { MapsSchema, NestedSchema, RepeatedsSchema, ScalarsSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { EditionSchema } from '../to-wire/legacy-types.ts'
import { bytes, group, message, varint } from './wire.ts'

t.test('malformed bytes are refused', async t => {
  const cases: [desc: DescMessage, wire: Uint8Array, error: RegExp][] = [
    [ScalarsSchema, bytes('18'), /middle of a field/],
    [ScalarsSchema, bytes('18 80'), /middle of a field/],
    [ScalarsSchema, bytes('09 00 00 00 00 00 00 00'), /middle of a field/],
    [ScalarsSchema, bytes('15 00 00 00'), /middle of a field/],
    [ScalarsSchema, bytes('72 02 61'), /middle of a field/],
    [ScalarsSchema, bytes('72 ff ff ff ff 0f 61'), /middle of a field/],
    [ScalarsSchema, bytes('72 ff ff ff ff ff ff ff ff ff 01 61'), /middle of a field/],
    [ScalarsSchema, bytes('18 ff ff ff ff ff ff ff ff ff ff 01'), /varint is longer than 10 bytes/],
    [ScalarsSchema, bytes('98 80 80 80 80 00 01'), /tag is longer than 32 bits/],
    [ScalarsSchema, bytes('ff ff ff ff 1f 01'), /tag is longer than 32 bits/],
    [ScalarsSchema, bytes('00 01'), /number 0/],
    [ScalarsSchema, bytes('02 00'), /number 0/],
    [ScalarsSchema, bytes('1e 00'), /unknown wire type/],
    [ScalarsSchema, bytes('1f 00'), /unknown wire type/],
    [ScalarsSchema, bytes('1c'), /group ends that has not begun/],
    [ScalarsSchema, bytes('9b 06'), /middle of a field/],
    [ScalarsSchema, bytes('9b 06 a4 06'), /group ends that has not begun/],
    [ScalarsSchema, bytes('72 01 ff'), /not UTF-8/],
    // What is in a message, an entry or a packed list cannot go on behind it.
    [NestedSchema, bytes('0a 02 10 80 01'), /middle of a field/],
    [NestedSchema, bytes('0a 02 1a 03 61 61 61'), /middle of a field/],
    [MapsSchema, bytes('0a 02 0a 03 61 61 61'), /middle of a field/],
    [RepeatedsSchema, bytes('1a 02 01 80'), /middle of a field/]
  ]
  for (const [desc, wire, error] of cases) {
    const hex = Buffer.from(wire).toString('hex')
    t.throws(() => compileToJson(desc)(wire), { name: 'PrintError', message: error }, hex)
    // The same behind fields that are out of order.
    const behind = Buffer.concat([varint(2000, 1), varint(18, 1), varint(18, 1), wire])
    t.throws(() => compileToJson(desc)(behind), { name: 'PrintError', message: error }, `${hex} later`)
  }
})

t.test('numbers in more bytes than they need are read', async t => {
  const print = compileToJson(ScalarsSchema, { implicitFields: false })
  t.equal(print(bytes('98 80 00 81 80 00')).toString(), '{"int32_value":1}')
  t.equal(print(bytes('18 81 80 80 80 80 80 80 80 80 01')).toString(), '{"int32_value":1}')
  t.equal(print(bytes('68 80 80 80 80 80 80 80 80 80 01')).toString(), '{"bool_value":true}')
})

t.test('messages may nest 100 levels deep, and no deeper', async t => {
  const nested = (levels: number, wrap: (inner: Uint8Array) => Uint8Array) => {
    let wire: Uint8Array = Buffer.alloc(0)
    for (let level = 1; level < levels; level++) wire = wrap(wire)
    return wire
  }
  const inMessage = (inner: Uint8Array) => message(3, inner)
  const inUnknownGroup = (inner: Uint8Array) => group(99, inner)
  const inGroup = (inner: Uint8Array) => group(2, inner)
  const inEntry = (inner: Uint8Array) => message(5, message(2, inner))
  const cases: [desc: DescMessage, wrap: (inner: Uint8Array) => Uint8Array][] = [
    [NestedSchema, inMessage],
    [NestedSchema, inUnknownGroup],
    [NestedSchema, inEntry],
    [EditionSchema, inGroup]
  ]
  for (const [desc, wrap] of cases) {
    const print = compileToJson(desc, { implicitFields: false })
    t.doesNotThrow(() => print(nested(100, wrap)), wrap.name)
    t.throws(() => print(nested(101, wrap)), { name: 'PrintError', message: /deeper than 100 levels/ }, wrap.name)
    t.throws(() => print(nested(2000, wrap)), { name: 'PrintError' }, wrap.name)
  }
})
