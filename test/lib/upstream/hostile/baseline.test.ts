import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import type { Measure } from './rounds.ts'

const rounds = fileURLToPath(new URL('rounds.ts', import.meta.url))

/** What would be kept of a connection, were it kept, is a hundred times as much. */
const mostPerConnection = 1_024

/** What is let go of once, or made once, says nothing: the growth that half of the rounds have does. */
function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!
}

t.test('hundreds of hostile connections leave nothing behind', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', rounds], { timeout: 100_000 })
  const { connectionsPerRound, heapBytes, bufferBytes, handlesBefore, handlesAfter } = JSON.parse(stdout) as Measure
  t.ok(median(heapBytes) < connectionsPerRound * mostPerConnection, `bytes of heap: ${heapBytes}`)
  t.ok(median(bufferBytes) < connectionsPerRound * mostPerConnection, `bytes of buffers: ${bufferBytes}`)
  t.same(handlesAfter, handlesBefore, 'handles')
})
