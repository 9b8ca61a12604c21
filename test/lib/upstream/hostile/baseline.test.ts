import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import type { Measure } from './rounds.ts'

const rounds = fileURLToPath(new URL('rounds.ts', import.meta.url))

/** Five hundred connections, had they been kept, would be fifty times as much. */
const mostBytes = 1024 * 1024

t.test('five hundred hostile connections leave nothing behind', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', rounds], { timeout: 100_000 })
  const { heapBytes, bufferBytes, handlesBefore, handlesAfter } = JSON.parse(stdout) as Measure
  t.comment(stdout.trim())
  t.ok(heapBytes < mostBytes, `${heapBytes} bytes of heap`)
  t.ok(bufferBytes < mostBytes, `${bufferBytes} bytes of buffers`)
  t.same(handlesAfter, handlesBefore, 'handles')
})
