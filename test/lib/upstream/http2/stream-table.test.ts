import fc from 'fast-check'
import t from 'tap'
import { ClientStream } from '../../../../lib/upstream/http2/client-stream.ts'
import { StreamTable } from '../../../../lib/upstream/http2/stream-table.ts'

class QuietStream extends ClientStream {
  override onHeaders(): void {}
  override onData(): void {}
  override onTrailers(): void {}
  override onEnd(): void {}
  override onClosed(): void {}
}

function streamWith(id: number): ClientStream {
  const stream = new QuietStream()
  stream.streamId = id
  return stream
}

t.test('a stream is found by its id until it is taken out', async t => {
  const table = new StreamTable()
  const stream = streamWith(5)
  table.add(stream)
  t.equal(table.get(5), stream)
  table.remove(stream)
  t.equal(table.get(5), null)
})

t.test('streams that stay open for long hide none of those that come after them', async t => {
  const ids = fc.uniqueArray(fc.nat(20_000), { minLength: 1, maxLength: 200 })
  // One id in three stays open; the others are taken out when three more have come.
  const check = fc.property(ids, given => {
    const table = new StreamTable()
    const open = new Map<number, ClientStream>()
    for (const number of given.sort((one, other) => one - other)) {
      const stream = streamWith(2 * number + 1)
      table.add(stream)
      open.set(stream.streamId, stream)
      const gone = [...open.values()].slice(0, -3).find(({ streamId }) => streamId % 3 !== 0)
      if (gone !== undefined) {
        table.remove(gone)
        open.delete(gone.streamId)
        t.equal(table.get(gone.streamId), null)
      }
      for (const [id, stream] of open) if (table.get(id) !== stream) t.fail(`${id} is not found`)
    }
    return table.size === open.size && table.list().every(stream => open.get(stream.streamId) === stream)
  })
  fc.assert(check, { seed: 1, numRuns: 50 })
})
