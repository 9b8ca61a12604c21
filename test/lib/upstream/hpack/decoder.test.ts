import fc from 'fast-check'
import t from 'tap'
import { HpackError } from '../../../../lib/upstream/hpack/errors.ts'
import { createDecoder, decodeAll, hex, tableAfter } from './table.ts'

/** `custom-key: custom-header`, which enters the table. */
const custom = '40 0a 637573746f6d2d6b6579 0d 637573746f6d2d686561646572'

const malformed: [what: string, block: string, message: RegExp][] = [
  ['index 0', '80', /no field 0/],
  ['an index behind the static table, when the dynamic one is empty', 'be', /no field 62/],
  ['an index behind the dynamic table', `${custom} bf`, /no field 63/],
  ['an index of many octets that is nowhere', 'ff ff ff 01', /no field/],
  ['a name behind the table', '7f 00 01 61', /no field 63/],
  ['an integer that ends within its octets', 'ff ff', /not complete/],
  ['an integer that is not even begun', '0f', /not complete/],
  ['an integer above 2^28', 'ff 80 80 80 80 02', /too large/],
  ['an integer above 2^32', 'ff ff ff ff ff 7f', /too large/],
  ['an integer of zeros that go on and on', 'ff 80 80 80 80 80 80 80 80 80 00', /too large/],
  ['a literal without a name', '40', /string is missing/],
  ['a literal without a value', '40 01 61', /string is missing/],
  ['an indexed name without a value', '44', /string is missing/],
  ['a name that is longer than the block', '40 05 61 62', /longer than its block/],
  ['a value that is longer than the block', '04 05 61 62', /longer than its block/],
  ['a value whose length is not complete', '04 7f 80', /not complete/],
  ['a value of 2^27 octets that are not there', '04 7f 80 80 80 40', /longer than its block/],
  ['a Huffman string that is not padded with ones', '04 81 18', /not padded/],
  ['a Huffman string of padding alone', '04 81 ff', /not padded/],
  ['a Huffman string with eight bits of padding', '04 82 1f ff', /not padded/],
  ['a Huffman string that ends within a code', '04 81 fe', /not padded/],
  ['a Huffman string with the end of a string in it', '04 84 ff ff ff fc', /end of a string/],
  ['a table that is larger than we allow', '3f e2 1f', /larger than it may be/],
  ['a size of the table behind a field', '82 20', /within a block/],
  ['a size of the table behind a literal', '04 00 20', /within a block/],
  ['a size of the table that is not complete', '3f', /not complete/]
]

for (const [what, block, message] of malformed) {
  t.test(`refuses ${what}`, async t => {
    const bytes = hex(block)
    const error = t.throws(() => createDecoder().decode(bytes, 0, bytes.length)) as HpackError
    t.ok(error instanceof HpackError)
    t.match(error.message, message)
  })
}

t.test('reads no further than the block, whatever stands behind it', async t => {
  const bytes = hex('82 04 05 61 62 63 64 65')
  t.throws(() => createDecoder().decode(bytes, 0, 6), HpackError)
  t.throws(() => createDecoder().decode(bytes, 0, 2), HpackError)
  t.same(createDecoder().decode(bytes, 1, 8), [':path', 'abcde'])
  t.same(createDecoder().decode(bytes, 0, 1), [':method', 'GET'])
})

t.test('reads a block of nothing', async t => {
  t.same(createDecoder().decode(Buffer.alloc(0), 0, 0), [])
})

t.test('reads octets above 127 as characters of latin1, plain and with Huffman coding', async t => {
  t.same(createDecoder().decode(hex('04 03 e9 ff 80'), 0, 5), [':path', 'é\u00ff\u0080'])
  t.same(createDecoder().decode(hex('04 84 ff ff fb bf'), 0, 6), [':path', '\u00ff'])
})

t.test('reads a name and a value of nothing, and leaves it to others what to think of them', async t => {
  t.same(createDecoder().decode(hex('00 00 00'), 0, 3), ['', ''])
})

t.test('reads an integer that is padded with a few zeros', async t => {
  t.same(createDecoder().decode(hex('04 7f 80 80 00'.concat('61'.repeat(127))), 0, 132), [':path', 'a'.repeat(127)])
})

t.test('a field that is larger than the table empties it', async t => {
  const large = `40 01 61 7f e1 1e ${'62'.repeat(4064)}`
  t.same(tableAfter([hex(custom)]), ['custom-key', 'custom-header'])
  t.same(tableAfter([hex(custom), hex(large)]), [])
})

t.test('a literal may be named by the field that it puts out of the table', async t => {
  // The table has room for one field of 32 + 10 + 13 bytes.
  const bytes = hex(`3f 18 ${custom} 7e 01 78`)
  t.same(createDecoder().decode(bytes, 0, bytes.length), ['custom-key', 'custom-header', 'custom-key', 'x'])
  t.same(tableAfter([bytes]), ['custom-key', 'x'])
})

t.test('a smaller table keeps the newest fields, and a larger one brings none back', async t => {
  const other = '40 01 61 01 62'
  t.same(tableAfter([hex(custom), hex(other), hex('3f 03')]), ['a', 'b'])
  t.same(tableAfter([hex(custom), hex(other), hex('3f 03 3f e1 1f')]), ['a', 'b'])
  t.same(tableAfter([hex(custom), hex(other), hex('20 3f e1 1f')]), [])
})

t.test('takes several sizes of the table at the beginning of one block', async t => {
  t.same(createDecoder().decode(hex('20 3f e1 1f 82'), 0, 5), [':method', 'GET'])
})

t.test('when we allow a smaller table, the first block must begin with its size', async t => {
  t.throws(() => createDecoder({ maxTableBytes: 0 }).decode(hex('82'), 0, 1), HpackError)
  t.throws(() => createDecoder({ maxTableBytes: 100 }).decode(hex('3f 46 82'), 0, 3), HpackError)
  t.same(createDecoder({ maxTableBytes: 0 }).decode(hex('20 82'), 0, 2), [':method', 'GET'])
  t.same(createDecoder({ maxTableBytes: 100 }).decode(hex('3f 45 82'), 0, 3), [':method', 'GET'])
})

t.test('when we allow a larger table, it is as large as the peer makes it', async t => {
  const fields = Array.from(
    { length: 60 },
    (_, at) => `40 02 ${Buffer.from(`${at + 10}`).toString('hex')} 7f 81 00 ${'61'.repeat(128)}`
  )
  const blocks = fields.map(hex)
  const grown = [hex('3f e1 7f'), ...blocks]
  t.equal(tableAfter(blocks, { maxTableBytes: 16_384 }).length / 2, 25, 'of 162 bytes each, in 4096')
  t.equal(tableAfter(grown, { maxTableBytes: 16_384 }).length / 2, 60, 'in 16,384')
})

t.test('a list that is too large is read to its end, so that the next one is right', async t => {
  // Twice 7 + 3 + 32 bytes, and then one that enters the table.
  const decoder = createDecoder({ maxListBytes: 100 })
  t.same(decodeAll(decoder, [hex(`82 82 ${custom}`), hex('be')]), [null, ['custom-key', 'custom-header']])
})

t.test('a list may be as large as the limit, each field counted with 32 bytes more than its octets', async t => {
  const block = hex('82 82')
  t.same(createDecoder({ maxListBytes: 84 }).decode(block, 0, 2), [':method', 'GET', ':method', 'GET'])
  t.equal(createDecoder({ maxListBytes: 83 }).decode(block, 0, 2), null)
})

t.test('a small block that says a large field again and again is counted, and not kept', async t => {
  const large = hex(`40 01 61 7f e1 1d ${'62'.repeat(3936)}`)
  const bomb = Buffer.alloc(64 * 1024, 0xbe)
  t.same(decodeAll(createDecoder({ maxListBytes: 8 * 1024 }), [large, bomb]).at(1), null)
})

t.test('strings of the table are the same ones each time', async t => {
  const decoder = createDecoder()
  const [first, second] = decodeAll(decoder, [hex(custom), hex('be')])
  t.same(second, first)
  t.not(second, first, 'in an array of its own')
})

t.test('whatever the octets are, they are fields, or too many, or malformed', async t => {
  // Octets that begin a representation, among others that are anything.
  const octets = fc.array(fc.oneof(fc.constantFrom(0x00, 0x10, 0x40, 0x82, 0x84, 0xbe, 0xbf), fc.nat(255)), {
    maxLength: 60
  })
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 5 }), blocks => {
      const decoder = createDecoder({ maxListBytes: 100 })
      try {
        for (const fields of decodeAll(
          decoder,
          blocks.map(block => Buffer.from(block))
        )) {
          outcomes.add(fields === null ? 'too many' : 'fields')
          if (fields !== null && fields.length % 2 !== 0) throw new RangeError('a name without a value')
        }
      } catch (error) {
        if (!(error instanceof HpackError)) throw error
        outcomes.add('malformed')
      }
    }),
    { seed: 7541, numRuns: 3_000 }
  )
  t.same([...outcomes].sort(), ['fields', 'malformed', 'too many'])
})
