import { gunzipSync, gzipSync } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { decompress, gzipFrameOf } from '../../../../lib/upstream/grpc/compression.ts'

t.test('a compressed message is unpacked', async t => {
  const data = gzipSync('hello')
  t.equal(Buffer.from(await decompress(data, 'gzip', 5)).toString(), 'hello')
  t.equal(Buffer.from(await decompress(data, 'GZIP', 5)).toString(), 'hello')
})

t.test('what cannot be unpacked is refused', async t => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
  t.ok(bomb.length < 64 * 1024)
  await t.rejects(decompress(bomb, 'gzip', 1024), { code: Code.ResourceExhausted })
  await t.rejects(decompress(gzipSync('hello').subarray(0, 12), 'gzip', 1024), { code: Code.Internal })
  await t.rejects(decompress(Buffer.from('hello'), 'gzip', 1024), { code: Code.Internal })
  for (const encoding of [null, '', 'identity', 'br', 'deflate']) {
    await t.rejects(decompress(gzipSync('hello'), encoding, 1024), { code: Code.Internal }, String(encoding))
  }
})

t.test('a message is sent in gzip, and says so', async t => {
  const frame = await gzipFrameOf(Buffer.from('hello'))
  t.equal(frame[0], 1)
  t.equal(frame.readUInt32BE(1), frame.length - 5)
  t.equal(gunzipSync(frame.subarray(5)).toString(), 'hello')
})
