import { spawnSync } from 'node:child_process'
import t from 'tap'
import { readCompose, readText, readYaml, root } from '../stack.ts'
import { foreignSeries, seriesIn, seriesInCode } from './metric-names.ts'

interface Prometheus {
  rule_files: string[]
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
}
interface Alerts {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[]
}
interface Collector {
  exporters: { prometheus: { endpoint: string } }
  service: { telemetry: { metrics: { readers: { pull: { exporter: { prometheus: { port: number } } } }[] } } }
}

const prometheus = readYaml<Prometheus>('otel/prometheus.yaml')
const rules = readYaml<Alerts>('otel/alerts.yaml').groups.flatMap(group => group.rules)
const compose = readCompose()

t.test('Prometheus scrapes both pages of the collector', async t => {
  const { exporters, service } = readYaml<Collector>('otel/collector.yaml')
  const own = service.telemetry.metrics.readers[0]?.pull.exporter.prometheus.port
  const scraped = prometheus.scrape_configs.flatMap(job => job.static_configs).flatMap(({ targets }) => targets)
  const pages = [`otel-collector:${exporters.prometheus.endpoint.split(':').at(-1)}`, `otel-collector:${own}`]
  t.same(scraped.filter(target => target.startsWith('otel-collector:')).sort(), pages.sort())
})

t.test('every rule file is mounted beside the configuration', async t => {
  const mounts = (compose.services.prometheus?.volumes ?? []).map(volume => volume.split(':')[1])
  for (const file of prometheus.rule_files) t.ok(mounts.includes(`/etc/prometheus/${file}`), file)
})

t.test('alerts ask for metrics that exist', async t => {
  const known = seriesInCode()
  for (const { alert, expr } of rules) {
    const asked = seriesIn(expr)
    t.ok(asked.length > 0, `${alert} reads a metric`)
    for (const name of asked) t.ok(known.has(name) || foreignSeries.has(name), `${alert}: ${name}`)
  }
})

t.test('every alert says what is wrong and what to do, and is listed for operators', async t => {
  const page = readText('docs/operations.md')
  for (const { alert, annotations } of rules) {
    t.same(Object.keys(annotations).sort(), ['action', 'summary'], alert)
    t.ok(page.includes(`\`${alert}\``), alert)
  }
})

const skip = spawnSync('promtool', ['--version']).status !== 0 && 'promtool is not installed'

function promtool(...words: string[]) {
  return spawnSync('promtool', words, { cwd: root, encoding: 'utf8' })
}

t.test('promtool accepts configuration and rules', { skip }, async t => {
  const { status, stdout, stderr } = promtool('check', 'config', 'otel/prometheus.yaml')
  t.equal(status, 0, stdout + stderr)
})

t.test('alerts fire when they should, and only then', { skip }, async t => {
  const { status, stdout, stderr } = promtool('test', 'rules', 'test/otel/alerts.promtool.yaml')
  t.equal(status, 0, stdout + stderr)
})
