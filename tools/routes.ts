// `npm run routes`: every route of the gateway with its rpc and its policy, which rules meet and who wins, and which are
// never reached. The gateway itself says so: it is built as for serving, and neither listens nor calls anybody.
//
//   npm run routes -- [--json] [route plugin ...]
//
// Route plugins are files whose default export is one; they are added to those of the shop. Ends with 1 when the gateway
// would not start, or when a rule is never reached.
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { FastifyPluginAsync } from 'fastify'
import { buildGateway } from '../app.ts'
import { loadConfig } from '../config.ts'
import { StartError } from '../errors.ts'
import { RuleError } from '../lib/httprule/rules.ts'
import { collectPlainRoutes, type RouteReport, reportOf } from '../plugins/admin/route-report.ts'
import { formatReport } from './routes/table.ts'

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
try {
  const report = await inspect(positionals)
  console.log(values.json ? JSON.stringify(report, null, 2) : formatReport(report))
  process.exitCode = report.unreachable.length > 0 ? 1 : 0
} catch (error) {
  if (!(error instanceof StartError || error instanceof RuleError)) throw error
  console.error(`sluice: ${error.message}`)
  process.exitCode = 1
}

async function inspect(files: string[]): Promise<RouteReport> {
  const plugins = await Promise.all(files.map(importPlugin))
  // No token is ever checked here, so any key will do; and the log would mix with what is printed.
  const config = loadConfig({ JWT_SECRET: randomBytes(32).toString('base64url'), ...process.env, LOG_LEVEL: 'silent' })
  const gateway = buildGateway(config)
  const plainRoutes = collectPlainRoutes(gateway)
  for (const plugin of plugins) gateway.register(plugin)
  try {
    await gateway.ready()
    return reportOf(gateway.transcodedRoutes, plainRoutes, config.UPSTREAM_TIMEOUT_MS)
  } finally {
    await gateway.close()
  }
}

async function importPlugin(file: string): Promise<FastifyPluginAsync> {
  const { default: plugin } = await import(pathToFileURL(resolve(file)).href)
  return plugin
}
