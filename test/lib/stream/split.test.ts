import fc from 'fast-check'
import t from 'tap'
import { atMessage, splitBody, splitterFor } from '../../../lib/stream/split.ts'
import { BindError } from '../../../lib/transcode/errors.ts'

const NDJSON = 'application/x-ndjson'
const JSON_ARRAY = 'application/json'

/** What a body in these chunks is cut into: `place: text` of each message, and at last the error, if any. */
async function cut(contentType: string, chunks: Uint8Array[], maxBytes = 100): Promise<string[]> {
  async function* source() {
    yield* chunks
  }
  const cuts: string[] = []
  try {
    let index = 0
    for await (const message of splitBody(source(), splitterFor(contentType, maxBytes))) {
      if (message.index !== index++) cuts.push('index out of order')
      cuts.push(`${message.place}: ${Buffer.from(message.json).toString().trim()}`)
    }
  } catch (error) {
    cuts.push((error as Error).message)
  }
  return cuts
}

const bodies: [contentType: string, body: string, cuts: string[]][] = [
  [NDJSON, '', []],
  [NDJSON, '{"a":1}', ['line 1: {"a":1}']],
  [NDJSON, '{"a":1}\n', ['line 1: {"a":1}']],
  [NDJSON, '{"a":1}\n{"a":2}\n', ['line 1: {"a":1}', 'line 2: {"a":2}']],
  [NDJSON, '{"a":1}\r\n{"a":2}\r\n', ['line 1: {"a":1}', 'line 2: {"a":2}']],
  [NDJSON, '\n\n{"a":1}\n \t\r\n{"a":2}', ['line 3: {"a":1}', 'line 5: {"a":2}']],
  [NDJSON, '\n \n', []],
  [NDJSON, '{"a":"é\\n"}\nnot JSON\n', ['line 1: {"a":"é\\n"}', 'line 2: not JSON']],
  [NDJSON, `1\n${'x'.repeat(101)}\n2`, ['line 1: 1', 'line 2 of the request stream is too large']],
  [NDJSON, `1\n${'x'.repeat(101)}`, ['line 1: 1', 'line 2 of the request stream is too large']],
  [NDJSON, 'x'.repeat(100), [`line 1: ${'x'.repeat(100)}`]],
  [JSON_ARRAY, '[]', []],
  [JSON_ARRAY, ' [ \n ] \n', []],
  [JSON_ARRAY, '[{"a":1}]', ['[0]: {"a":1}']],
  [JSON_ARRAY, ' [ {"a":1} , {"a":2} ] ', ['[0]: {"a":1}', '[1]: {"a":2}']],
  [
    JSON_ARRAY,
    '[[1,2],{"a":[{}],"b":{}},3,"4",null]',
    ['[0]: [1,2]', '[1]: {"a":[{}],"b":{}}', '[2]: 3', '[3]: "4"', '[4]: null']
  ],
  [JSON_ARRAY, '["],[","\\"],","\\\\",{"}":"{"}]', ['[0]: "],["', '[1]: "\\"],"', '[2]: "\\\\"', '[3]: {"}":"{"}']],
  [JSON_ARRAY, '', ['the body must be a JSON array of messages']],
  [JSON_ARRAY, '{"a":1}', ['the body must be a JSON array of messages']],
  [JSON_ARRAY, '[', ['the JSON array of the body has no end, at [0]']],
  [JSON_ARRAY, '[1,2', ['[0]: 1', 'the JSON array of the body has no end, at [1]']],
  [JSON_ARRAY, '[1,"]', ['[0]: 1', 'the JSON array of the body has no end, at [1]']],
  [JSON_ARRAY, '[1,]', ['[0]: 1', 'a message is missing at [1]']],
  [JSON_ARRAY, '[,1]', ['a message is missing at [0]']],
  [JSON_ARRAY, '[1,,2]', ['[0]: 1', 'a message is missing at [1]']],
  [JSON_ARRAY, '[1] 2', ['[0]: 1', 'something follows the JSON array of the body']],
  [JSON_ARRAY, '[1]]', ['[0]: 1', 'something follows the JSON array of the body']],
  // Whether an element is JSON, its reader finds out.
  [JSON_ARRAY, '[1 2,}]', ['[0]: 1 2', '[1]: }']],
  [JSON_ARRAY, `[1,"${'x'.repeat(99)}"]`, ['[0]: 1', '[1] of the request stream is too large']],
  [JSON_ARRAY, `["${'x'.repeat(98)}"]`, [`[0]: "${'x'.repeat(98)}"`]]
]

for (const [contentType, body, cuts] of bodies) {
  t.test(`${contentType}: ${JSON.stringify(body).slice(0, 60)}`, async t => {
    const bytes = Buffer.from(body)
    t.same(await cut(contentType, [bytes]), cuts, 'in one piece')
    t.same(
      await cut(
        contentType,
        [...bytes].map(byte => Buffer.of(byte))
      ),
      cuts,
      'byte by byte'
    )
    for (let at = 1; at < bytes.length; at++) {
      const found = await cut(contentType, [bytes.subarray(0, at), bytes.subarray(at)])
      if (String(found) !== String(cuts)) t.same(found, cuts, `cut at ${at}`)
    }
  })
}

t.test('any messages in any chunks are those that were written', async t => {
  const chunksOf = (text: string, sizes: number[]) => {
    const bytes = Buffer.from(text)
    const chunks: Uint8Array[] = []
    for (let at = 0, index = 0; at < bytes.length; index++) {
      const end = at + sizes[index % sizes.length]!
      chunks.push(bytes.subarray(at, end))
      at = end
    }
    return chunks
  }
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.json({ maxDepth: 2 }), { maxLength: 5 }), sizes, async (messages, sizes) => {
      const lines = await cut(NDJSON, chunksOf(messages.join('\n'), sizes), 10_000)
      const elements = await cut(JSON_ARRAY, chunksOf(`[${messages.join(',')}]`, sizes), 10_000)
      return (
        String(lines) === String(messages.map((json, index) => `line ${index + 1}: ${json}`)) &&
        String(elements) === String(messages.map((json, index) => `[${index}]: ${json}`))
      )
    }),
    { seed: 7, numRuns: 200 }
  )
  t.pass()
})

t.test('no more is read than what is asked for needs', async t => {
  let read = 0
  async function* source() {
    for (const line of ['1\n', '2\n3\n', '4\n']) {
      read++
      yield Buffer.from(line)
    }
  }
  const messages = splitBody(source(), splitterFor(NDJSON, 100))
  await messages.next()
  t.equal(read, 1)
  await messages.next()
  await messages.next()
  t.equal(read, 2)
})

t.test('a body is cut by its content type', async t => {
  const types = ['application/x-ndjson', 'application/ndjson; charset=UTF-8', 'Application/JSONL;charset="utf-8"']
  for (const type of types) t.doesNotThrow(() => splitterFor(type, 1), type)
  t.doesNotThrow(() => splitterFor('application/json', 1))
  for (const type of ['', 'text/plain', 'application/xml', 'application/json; charset=utf-16']) {
    t.throws(() => splitterFor(type, 1), { code: 'SLUICE_ERR_STREAM_MEDIA_TYPE' }, type)
  }
})

t.test('what is wrong with a message says which it is', async t => {
  const error = new BindError(
    { reason: 'INVALID_VALUE', field: 'author.born', description: 'must be an integer' },
    { reason: 'INVALID_VALUE', field: '', description: 'must be an object' }
  )
  const located = atMessage(error, { json: Buffer.of(), index: 2, place: 'line 4' })
  t.equal(located.message, 'line 4: "author.born" must be an integer (and 1 more)')
  t.equal(located.reason, 'INVALID_VALUE')
  t.same(
    located.violations.map(({ field }) => field),
    ['[2].author.born', '[2]']
  )
})
