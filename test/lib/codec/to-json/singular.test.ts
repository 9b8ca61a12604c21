import { create, toBinary } from '@bufbuild/protobuf'
import t from 'tap'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import { EditionSchema, LegacySchema, legacyTypes } from '../to-wire/legacy-types.ts'
import { group, message, text, varint } from './wire.ts'

const print = compileToJson(LegacySchema, { registry: legacyTypes })

t.test('groups of proto2 are messages', async t => {
  const wire = [group(4, text(1, 'a')), group(5, text(1, 'b')), group(5, text(1, 'c'))]
  t.strictSame(JSON.parse(print(Buffer.concat(wire)).toString()), {
    sizes: [],
    single: { text: 'a' },
    several: [{ text: 'b' }, { text: 'c' }],
    numbers: []
  })
})

t.test('groups that come again are merged', async t => {
  const wire = [group(4, text(1, 'a')), varint(1, 5), group(4, message(20, varint(1, 6))), group(4, text(1, 'b'))]
  t.match(JSON.parse(print(Buffer.concat(wire)).toString()), {
    required: 5,
    single: { text: 'b', inner: { required: 6 } }
  })
})

t.test('so are messages that an edition delimits', async t => {
  const wire = [group(2, varint(1, 1), group(2, varint(1, 2))), group(2, group(2, varint(4, 3)))]
  t.strictSame(JSON.parse(compileToJson(EditionSchema)(Buffer.concat(wire)).toString()), {
    child: {
      number: 1,
      child: { number: 2, children: [], implicit: 3, expanded: [] },
      children: [],
      implicit: 0,
      expanded: []
    },
    children: [],
    implicit: 0,
    expanded: []
  })
})

t.test('a field with a default has presence', async t => {
  t.strictSame(JSON.parse(print(Buffer.alloc(0)).toString()), { sizes: [], several: [], numbers: [] })
  t.match(
    JSON.parse(print(toBinary(LegacySchema, create(LegacySchema, { required: 0, text: '' } as never))).toString()),
    {
      required: 0,
      text: ''
    }
  )
})

t.test('text of proto2 that is no UTF-8 is printed with replacements', async t => {
  t.match(JSON.parse(print(message(7, Buffer.from([0x61, 0xff, 0x22, 0xc3, 0xa9]))).toString()), { text: 'a\ufffd"é' })
})
