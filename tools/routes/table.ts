import type { RouteName, RouteReport, RouteRow } from '../../plugins/admin/route-report.ts'

/** A report for people. */
export function formatReport({ routes, overlaps, unreachable }: RouteReport): string {
  const lines = formatTable([
    ['METHOD', 'TEMPLATE', 'RPC', 'UPSTREAM', 'ACCESS', 'RATE LIMIT', 'DEADLINE'],
    ...routes.map(cellsOf)
  ])
  lines.push('', overlaps.length === 0 ? 'No two rules match the same request.' : 'Rules that match the same request:')
  for (const { method, witness, winner, loser, strict } of overlaps) {
    lines.push(`  ${method} ${witness}`)
    lines.push(`    is served by  ${formatName(winner)}${strict ? '' : ', by the order of segments alone'}`)
    lines.push(`    and not by    ${formatName(loser)}`)
  }
  lines.push('', unreachable.length === 0 ? 'Every rule can be reached.' : 'Rules that no request reaches:')
  for (const { rule, winners } of unreachable) {
    lines.push(`  ${formatName(rule)}`)
    for (const winner of winners) lines.push(`    because of  ${formatName(winner)}`)
  }
  return lines.join('\n')
}

/** Rows as lines, each column as wide as its widest cell. */
function formatTable(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  )
}

function cellsOf({ method, template, rpc, upstream, access, roles, rateLimit, deadlineMs }: RouteRow): string[] {
  return [
    method,
    template,
    rpc ?? '-',
    upstream ?? '-',
    roles.length === 0 ? access : roles.join(' or '),
    rateLimit === null ? '-' : `${rateLimit.rate}/s, burst ${rateLimit.burst}, by ${rateLimit.key}`,
    deadlineMs === null ? '-' : formatDuration(deadlineMs)
  ]
}

function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

function formatName({ method, template, rpc }: RouteName): string {
  return `${method} ${template}${rpc === null ? '' : ` (${rpc})`}`
}
