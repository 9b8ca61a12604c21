import t from 'tap'
import type { HpackDecoderOptions } from '../../../../lib/upstream/hpack/decoder.ts'
import { HeaderTemplate, HpackEncoder } from '../../../../lib/upstream/hpack/encoder.ts'
import { createDecoder, decodeAll, hex, tableAfter } from './table.ts'

interface Step {
  block: string
  fields: string[]
  /** The dynamic table after the block, the newest field first. */
  table: string[]
}

interface Example {
  name: string
  options?: Partial<HpackDecoderOptions>
  steps: Step[]
}

const get = [':method', 'GET', ':scheme', 'http', ':path', '/']
const host = [':authority', 'www.example.com']
const noCache = ['cache-control', 'no-cache']
const custom = ['custom-key', 'custom-value']
const getIndex = [':method', 'GET', ':scheme', 'https', ':path', '/index.html']

/** C.3 and C.4: the same requests. */
const requests = (blocks: [string, string, string]): Step[] => [
  { block: blocks[0], fields: [...get, ...host], table: host },
  { block: blocks[1], fields: [...get, ...host, ...noCache], table: [...noCache, ...host] },
  { block: blocks[2], fields: [...getIndex, ...host, ...custom], table: [...custom, ...noCache, ...host] }
]

const found = [':status', '302']
const temporary = [':status', '307']
const isPrivate = ['cache-control', 'private']
const date = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
const nextDate = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
const location = ['location', 'https://www.example.com']
const gzip = ['content-encoding', 'gzip']
const cookie = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']

/** C.5 and C.6: the same responses, of which the table of 256 bytes cannot keep all. */
const responses = (blocks: [string, string, string]): Step[] => [
  {
    // The RFC leaves out the update that brings the table to 256 bytes.
    block: `3fe101${blocks[0]}`,
    fields: [...found, ...isPrivate, ...date, ...location],
    table: [...location, ...date, ...isPrivate, ...found]
  },
  {
    block: blocks[1],
    fields: [...temporary, ...isPrivate, ...date, ...location],
    table: [...temporary, ...location, ...date, ...isPrivate]
  },
  {
    block: blocks[2],
    fields: [':status', '200', ...isPrivate, ...nextDate, ...location, ...gzip, ...cookie],
    table: [...cookie, ...gzip, ...nextDate]
  }
]

const examples: Example[] = [
  {
    name: 'C.2.1, a literal with indexing',
    steps: [
      {
        block: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        fields: ['custom-key', 'custom-header'],
        table: ['custom-key', 'custom-header']
      }
    ]
  },
  {
    name: 'C.2.2, a literal without indexing',
    steps: [{ block: '040c 2f73 616d 706c 652f 7061 7468', fields: [':path', '/sample/path'], table: [] }]
  },
  {
    name: 'C.2.3, a literal that is never indexed',
    steps: [{ block: '1008 7061 7373 776f 7264 0673 6563 7265 74', fields: ['password', 'secret'], table: [] }]
  },
  { name: 'C.2.4, an indexed field', steps: [{ block: '82', fields: [':method', 'GET'], table: [] }] },
  {
    name: 'C.3, requests without Huffman coding',
    steps: requests([
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65'
    ])
  },
  {
    name: 'C.4, requests with Huffman coding',
    steps: requests([
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'
    ])
  },
  {
    name: 'C.5, responses without Huffman coding',
    options: { maxTableBytes: 256 },
    steps: responses([
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120
       474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738
       666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33
       3630 303b 2076 6572 7369 6f6e 3d31`
    ])
  },
  {
    name: 'C.6, responses with Huffman coding',
    options: { maxTableBytes: 256 },
    steps: responses([
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718
       63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7
       b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`
    ])
  }
]

for (const { name, options, steps } of examples) {
  const blocks = steps.map(({ block }) => hex(block))

  t.test(`${name}: is read as the RFC says`, async t => {
    t.same(
      decodeAll(createDecoder(options), blocks),
      steps.map(({ fields }) => fields)
    )
  })

  t.test(`${name}: leaves the table that the RFC prints`, async t => {
    for (const [at, { table }] of steps.entries()) t.same(tableAfter(blocks.slice(0, at + 1), options), table)
  })
}

t.test('C.1.1, an integer within its prefix: a table of 10 bytes', async t => {
  const encoder = new HpackEncoder()
  encoder.setMaxTableBytes(10)
  // Told to be empty first.
  t.same(write(encoder, []), hex('20 2a'))
  t.doesNotThrow(() => createDecoder({ maxTableBytes: 10 }).decode(hex('2a'), 0, 1))
  t.throws(() => createDecoder({ maxTableBytes: 9 }).decode(hex('2a'), 0, 1))
})

t.test('C.1.2, an integer that goes on: a table of 1337 bytes', async t => {
  const encoder = new HpackEncoder()
  encoder.setMaxTableBytes(1337)
  t.same(write(encoder, []), hex('20 3f9a0a'))
  t.doesNotThrow(() => createDecoder({ maxTableBytes: 1337 }).decode(hex('3f9a0a'), 0, 3))
  t.throws(() => createDecoder({ maxTableBytes: 1336 }).decode(hex('3f9a0a'), 0, 3))
})

t.test('C.4, requests with Huffman coding: are written as the RFC says', async t => {
  const encoder = new HpackEncoder()
  const { steps } = examples.find(({ name }) => name.startsWith('C.4'))!
  for (const { fields, block } of steps) t.same(write(encoder, fields), hex(block))
})

t.test('C.6, the first response: is written as the RFC says', async t => {
  // The second would put a field out of the table, which our encoder never does.
  const encoder = new HpackEncoder()
  encoder.setMaxTableBytes(256)
  const { fields, block } = examples.find(({ name }) => name.startsWith('C.6'))!.steps[0]!
  t.same(write(encoder, fields), Buffer.concat([hex('20'), hex(block)]))
})

function write(encoder: HpackEncoder, fields: string[]): Buffer {
  const target = Buffer.alloc(1024)
  return target.subarray(0, encoder.write(target, 0, [new HeaderTemplate(fields)], []))
}
