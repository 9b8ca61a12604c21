import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { RouteReport } from '../../plugins/admin/route-report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the command as npm does, without any variable of the gateway. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const options = { cwd: root, env: { PATH: process.env.PATH } }
    execFile('npm', ['run', '--silent', 'routes', '--', ...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

t.test('the routes of the shop, without any service running', async t => {
  const { code, stdout, stderr } = await run()
  t.equal(stderr, '')
  t.equal(code, 0)
  const [head, ...lines] = stdout.split('\n')
  t.match(head, /^METHOD +TEMPLATE +RPC +UPSTREAM +ACCESS +RATE LIMIT +DEADLINE$/)
  const login = lines.find(line => line.includes('/login'))
  t.match(
    login,
    /^POST +\/api\/v1\/users\/login +shop\.user\.v1\.UserService\.Login +user +public +10\/s, burst 50, by address +5 s$/
  )
  t.match(stdout, 'No two rules match the same request.')
  t.match(stdout, 'Every rule can be reached.')
})

t.test('as JSON, with a route plugin beside those of the shop', async t => {
  const { code, stdout } = await run('--json', 'test/tools/library-routes.ts')
  t.equal(code, 0)
  const { routes, overlaps, unreachable }: RouteReport = JSON.parse(stdout)
  const row = (rpc: string) => routes.find(route => route.rpc === rpc)
  t.match(row('shop.order.v1.OrderService.GetOrder'), {
    method: 'GET',
    template: '/api/v1/orders/{order_id}',
    upstream: 'order',
    access: 'user',
    rateLimit: null,
    deadlineMs: 5_000
  })
  t.match(row('fixture.v1.LibraryService.GetBook'), { template: '/v1/books/{id}', upstream: 'product' })
  t.ok(
    routes.some(({ template, rpc }) => template === '/health' && rpc === null),
    'plain routes are told too'
  )
  t.ok(
    overlaps.some(
      ({ witness, winner }) => witness === '/v1/books/x:title' && winner.template === '/v1/books/{id}:title'
    )
  )
  t.same(unreachable, [])
})

t.test('a conflict ends with 1 and says who is in it', async t => {
  const { code, stdout, stderr } = await run('routes/orders.ts')
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(
    stderr,
    /^sluice: shop\/order\/v1\/order\.proto: shop\.order\.v1\.OrderService\.CreateOrder: "\/api\/v1\/orders": it is /
  )
})
