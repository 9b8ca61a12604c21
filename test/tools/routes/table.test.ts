import t from 'tap'
import type { RouteReport, RouteRow } from '../../../plugins/admin/route-report.ts'
import { formatReport } from '../../../tools/routes/table.ts'

const row: RouteRow = {
  method: 'GET',
  template: '/a/{x}',
  rpc: 'p.S.Get',
  upstream: 's',
  access: 'user',
  roles: ['operator', 'admin'],
  rateLimit: { rate: 0.5, burst: 2, key: 'subject' },
  deadlineMs: 1_500
}
const plain: RouteRow = {
  ...row,
  template: '/b',
  rpc: null,
  upstream: null,
  access: 'public',
  roles: [],
  rateLimit: null,
  deadlineMs: null
}

function format(report: Partial<RouteReport>): string[] {
  return formatReport({ routes: [], overlaps: [], unreachable: [], ...report }).split('\n')
}

t.test('routes are a table with columns as wide as what they hold', async t => {
  t.same(format({ routes: [row, plain] }).slice(0, 3), [
    'METHOD  TEMPLATE  RPC      UPSTREAM  ACCESS             RATE LIMIT                  DEADLINE',
    'GET     /a/{x}    p.S.Get  s         operator or admin  0.5/s, burst 2, by subject  1500 ms',
    'GET     /b        -        -         public             -                           -'
  ])
})

t.test('rules that meet: the request, and who serves it', async t => {
  const overlap = { method: 'GET', witness: '/a/b', winner: row, loser: plain }
  t.same(
    format({
      overlaps: [
        { ...overlap, strict: true },
        { ...overlap, strict: false }
      ]
    }).slice(2, 9),
    [
      'Rules that match the same request:',
      '  GET /a/b',
      '    is served by  GET /a/{x} (p.S.Get)',
      '    and not by    GET /b',
      '  GET /a/b',
      '    is served by  GET /a/{x} (p.S.Get), by the order of segments alone',
      '    and not by    GET /b'
    ]
  )
})

t.test('rules that are never reached, and why', async t => {
  t.same(format({ unreachable: [{ rule: row, winners: [plain] }] }).slice(-3), [
    'Rules that no request reaches:',
    '  GET /a/{x} (p.S.Get)',
    '    because of  GET /b'
  ])
})
