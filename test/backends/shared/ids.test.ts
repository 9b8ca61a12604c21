import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'

t.test('ids are UUIDv7 in lower case, and sort as they were made', async t => {
  const ids = Array.from({ length: 1_000 }, newId)
  for (const id of ids) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.same(ids.toSorted(), ids)
})
