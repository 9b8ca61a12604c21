import type { ServerResponse } from 'node:http'
import t from 'tap'
import { routeOf, statusOf } from '../../../lib/http/observed.ts'

t.test('a route is known by its template, else by its URL', async t => {
  const config = { template: '/orders/{order_id}' }
  t.equal(routeOf({ routeOptions: { url: '/orders/:p1', config } }), '/orders/{order_id}')
  t.equal(routeOf({ routeOptions: { url: '/health', config: {} } }), '/health')
  t.equal(routeOf({ routeOptions: {} }), null)
})

t.test('a client that went away has no status but 499', async t => {
  const raw = (headersSent: boolean) => ({ headersSent }) as ServerResponse
  t.equal(statusOf({ statusCode: 200, raw: raw(true) }), 200)
  t.equal(statusOf({ statusCode: 200, raw: raw(false) }), 499)
})
