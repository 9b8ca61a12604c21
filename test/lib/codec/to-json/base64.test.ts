import t from 'tap'
import { writeBase64 } from '../../../../lib/codec/to-json/base64.ts'
import { JsonBuffer } from '../../../../lib/codec/to-json/json-buffer.ts'

t.test('bytes of every length are written as base64 with padding', async t => {
  const out = new JsonBuffer()
  const data = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89) % 256))
  for (let length = 0; length < 260; length++) {
    writeBase64(out, data, 7, 7 + length)
    t.equal(out.take().toString(), `"${data.toString('base64', 7, 7 + length)}"`)
  }
})
