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

t.test('long bytes are written in the same way, wherever they are in others', async t => {
  const out = new JsonBuffer()
  const others = new Uint8Array(new ArrayBuffer(60_000), 5, 50_000)
  for (let index = 0; index < others.length; index++) others[index] = (index * 7919) >> 4
  const data = Buffer.from(others)
  for (const near of [320, 12 * 1024, 24 * 1024, 48_000]) {
    for (let length = near - 4; length <= near + 4; length++) {
      writeBase64(out, others, 7, 7 + length)
      t.equal(out.take().toString(), `"${data.toString('base64', 7, 7 + length)}"`, `${length} bytes`)
    }
  }
})
