import t from 'tap'
import type { OrderStatusName } from '../../../backends/order/schema.ts'
import { edges } from '../../../backends/order/status.ts'

const statuses = Object.keys(edges) as OrderStatusName[]

t.test('cancelled, failed and refunded are the end', async t => {
  t.strictSame(
    statuses.filter(status => edges[status].length === 0),
    ['cancelled', 'failed', 'refunded']
  )
})

t.test('no order comes back to a status that it has left', async t => {
  const reachable = (from: OrderStatusName, seen = new Set<OrderStatusName>()): Set<OrderStatusName> => {
    for (const to of edges[from]) if (!seen.has(to)) reachable(to, seen.add(to))
    return seen
  }
  for (const status of statuses) t.notOk(reachable(status).has(status), status)
  t.equal(reachable('pending').size, statuses.length - 1, 'and every status is reached from the first')
})

t.test('what is shipped cannot be cancelled', async t => {
  for (const status of ['shipped', 'delivered'] as const) t.notOk(edges[status].includes('cancelling'), status)
})
