import fc from 'fast-check'
import t from 'tap'
import { HeaderTemplate, HpackEncoder } from '../../../../lib/upstream/hpack/encoder.ts'
import type { HeaderFields } from '../../../../lib/upstream/hpack/header-fields.ts'
import { createDecoder, hex, tableAfter } from './table.ts'

const offset = 3

/** One block, that must be within the bound that the encoder says and touch nothing around it. */
function write(encoder: HpackEncoder, templates: HeaderTemplate[], extra: HeaderFields = []): Buffer {
  const maxLength = encoder.maxLength(templates, extra)
  const target = Buffer.alloc(offset + maxLength + 8, 0x55)
  const end = encoder.write(target, offset, templates, extra)
  if (end > offset + maxLength)
    throw new RangeError(`a block of ${end - offset} bytes, and not of ${maxLength} at most`)
  if (target.subarray(end).some(octet => octet !== 0x55)) throw new RangeError('written behind the end')
  if (target.subarray(0, offset).some(octet => octet !== 0x55)) throw new RangeError('written before the beginning')
  return target.subarray(offset, end)
}

const connection = new HeaderTemplate([':method', 'POST', ':scheme', 'http', ':authority', 'order:9003'])
const method = new HeaderTemplate([':path', '/shop.Orders/Get', 'content-type', 'application/grpc', 'te', 'trailers'])

t.test('a template is said in full once, and then by one octet a field', async t => {
  const encoder = new HpackEncoder()
  t.ok(write(encoder, [connection, method]).length > 40)
  t.same(write(encoder, [connection, method]), hex('83 86 c1 c0 bf be'))
  t.same(write(encoder, [connection, method]), hex('83 86 c1 c0 bf be'))
})

t.test('another template moves the fields of the first, and both are right', async t => {
  const encoder = new HpackEncoder()
  const decoder = createDecoder()
  const other = new HeaderTemplate([':path', '/shop.Orders/List', 'te', 'trailers'])
  for (const templates of [
    [connection, method],
    [connection, other],
    [connection, method],
    [connection, other]
  ]) {
    const block = write(encoder, templates)
    t.same(
      decoder.decode(block, 0, block.length),
      templates.flatMap(({ fields }) => fields)
    )
  }
})

t.test('one template serves several connections, each with its own table', async t => {
  const [one, another] = [new HpackEncoder(), new HpackEncoder()]
  write(one, [method])
  write(one, [method])
  const first = write(another, [method])
  t.same(createDecoder().decode(first, 0, first.length), method.fields)
})

t.test('further fields are literals, and their values stay out of the table', async t => {
  const block = write(new HpackEncoder(), [], ['x-tenant', 'acme', 'user-agent', 'a/1'])
  t.same(block, hex('00 08 782d74656e616e74 04 61636d65 0f2b 03 612f31'))
  t.same(tableAfter([block]), [])
})

t.test('a name that most calls have is said once, and then by its index', async t => {
  const encoder = new HpackEncoder()
  const first = write(encoder, [], ['grpc-timeout', '99m'])
  t.same(tableAfter([first]), ['grpc-timeout', '99m'])
  t.same(write(encoder, [], ['grpc-timeout', '5S']), hex('0f2f 02 3553'))
})

t.test('a large value of such a name does not fill the table', async t => {
  t.same(tableAfter([write(new HpackEncoder(), [], ['tracestate', 'x'.repeat(300)])]), [])
})

for (const [name, index] of Object.entries({ authorization: '1f08', cookie: '1f11', 'proxy-authorization': '1f22' })) {
  t.test(`${name} is never indexed, by us or by who passes it on`, async t => {
    const literal = hex(`${index} 03 616263`)
    t.same(write(new HpackEncoder(), [], [name, 'abc']), literal)
    const ofTemplate = write(new HpackEncoder(), [new HeaderTemplate([name, 'Bearer 1'])])
    t.same(ofTemplate.subarray(0, 2), literal.subarray(0, 2))
    t.same(tableAfter([ofTemplate]), [])
  })
}

t.test('a full table puts nothing out: what comes later are literals', async t => {
  const encoder = new HpackEncoder()
  const decoder = createDecoder()
  const large = new HeaderTemplate(['x-large', 'y'.repeat(4096 - 32 - 7 - 10)])
  const read = (templates: HeaderTemplate[]) => {
    const block = write(encoder, templates)
    return { block, fields: decoder.decode(block, 0, block.length) }
  }
  read([large])
  t.same(read([large]).block, hex('be'))
  t.same(read([method]).fields, method.fields)
  t.same(read([large]).block, hex('be'))
  t.same(read([method]).fields, method.fields)
  t.same(read([method]).block[0], 0x04, 'a path that does not enter the table')
})

t.test('a peer without a table is told so, and reads literals', async t => {
  const encoder = new HpackEncoder()
  const decoder = createDecoder({ maxTableBytes: 0 })
  encoder.setMaxTableBytes(0)
  const first = write(encoder, [method], ['grpc-timeout', '1S'])
  t.equal(first[0], 0x20)
  const second = write(encoder, [method], ['grpc-timeout', '1S'])
  t.not(second[0], 0x20, 'once')
  for (const block of [first, second]) {
    t.same(decoder.decode(block, 0, block.length), [...method.fields, 'grpc-timeout', '1S'])
  }
})

t.test('a peer that makes its table smaller, and larger again, reads all', async t => {
  const encoder = new HpackEncoder()
  const decoder = createDecoder()
  const templates = [connection, method]
  const fields = templates.flatMap(template => template.fields)
  for (const sizes of [[], [100], [], [4096], [], [50, 4096], [0], [], [60, 60], [1_000_000]]) {
    for (const size of sizes) encoder.setMaxTableBytes(size)
    for (const block of [write(encoder, templates), write(encoder, templates)]) {
      t.same(decoder.decode(block, 0, block.length), fields)
    }
  }
})

t.test('of a larger table than 4096 bytes, no more is taken', async t => {
  const encoder = new HpackEncoder()
  encoder.setMaxTableBytes(1_000_000)
  t.same(write(encoder, [new HeaderTemplate([':method', 'POST'])]), hex('83'))
})

t.test('two sizes between two blocks are told as the least and the last', async t => {
  const encoder = new HpackEncoder()
  encoder.setMaxTableBytes(10)
  encoder.setMaxTableBytes(30)
  t.same(write(encoder, []), hex('20 3e'))
  t.same(write(encoder, []), hex(''))
})

const texts = fc.oneof(
  fc.constantFrom('content-type', 'grpc-timeout', 'traceparent', 'authorization', ':path', 'x-a', 'x-b', ''),
  fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('latin1'))
)
const lists = fc.array(fc.tuple(texts, texts), { maxLength: 8 }).map(fields => fields.flat())
const steps = fc.array(
  fc.record({ use: fc.array(fc.nat(5), { maxLength: 3 }), extra: lists, size: fc.option(fc.nat(6000), { freq: 6 }) }),
  { maxLength: 30 }
)

t.test('whatever is written, however the table changes, is read as it was', async t => {
  fc.assert(
    fc.property(fc.array(lists, { minLength: 6, maxLength: 6 }), steps, (fields, steps) => {
      const encoder = new HpackEncoder()
      const decoder = createDecoder({ maxListBytes: 1024 * 1024 })
      const templates = fields.map(list => new HeaderTemplate(list))
      for (const { use, extra, size } of steps) {
        if (size !== null) encoder.setMaxTableBytes(size)
        const used = use.map(index => templates[index]!)
        const block = write(encoder, used, extra)
        t.same(decoder.decode(block, 0, block.length), [...used.flatMap(template => template.fields), ...extra])
      }
    }),
    { seed: 7541, numRuns: 150 }
  )
})
