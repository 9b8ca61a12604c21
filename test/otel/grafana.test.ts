import t from 'tap'
import { find, readCompose, readText, readYaml } from '../stack.ts'
import { foreignSeries, seriesIn, seriesInCode } from './metric-names.ts'

interface Source {
  type: string
  uid: string
}
interface Panel {
  id: number
  type: string
  title: string
  datasource?: Source
  targets?: { datasource: Source; expr?: string }[]
}
interface Dashboard {
  uid: string
  title: string
  panels: Panel[]
  templating: { list: { query: { query: string } }[] }
}
interface DataSources {
  datasources: (Source & { url: string; jsonData: { tracesToMetrics?: { queries: { query: string }[] } } })[]
}

const { datasources } = readYaml<DataSources>('otel/grafana/datasources.yaml')
const { providers } = readYaml<{ providers: { options: { path: string } }[] }>('otel/grafana/dashboards.yaml')
const files = find('otel/grafana/dashboards/*.json')
const dashboards = files.map(file => JSON.parse(readText(file)) as Dashboard)
const compose = readCompose()
const grafana = compose.services.grafana

function queriesOf(dashboard: Dashboard): string[] {
  const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => expr ?? []))
  return [...shown, ...dashboard.templating.list.map(({ query }) => query.query)]
}

t.test('data sources point at containers of the stack', async t => {
  for (const { uid, url } of datasources) t.ok(new URL(url).hostname in compose.services, `${uid}: ${url}`)
})

t.test('the provider reads the folder where the dashboards are mounted', async t => {
  const mounted = grafana?.volumes?.find(volume => volume.startsWith('./otel/grafana/dashboards:'))?.split(':')[1]
  t.equal(providers[0]?.options.path, mounted)
  const home = grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH
  t.ok(
    files.some(file => home === `${mounted}/${file.split('/').at(-1)}`),
    `${home} is one of them`
  )
})

t.test('the gateway has a dashboard, and panels of a dashboard have ids of their own', async t => {
  t.ok(dashboards.some(({ title }) => title === 'Sluice gateway'))
  for (const { title, panels } of dashboards) t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, title)
})

t.test('every panel asks a data source that is provisioned', async t => {
  const known = new Map(datasources.map(({ uid, type }) => [uid, type]))
  for (const { panels } of dashboards) {
    for (const { title, datasource, targets = [] } of panels.filter(({ type }) => type !== 'row')) {
      t.ok(targets.length > 0, `${title} has a query`)
      for (const source of [datasource, ...targets.map(target => target.datasource)]) {
        t.equal(source?.type, known.get(source?.uid ?? ''), title)
      }
    }
  }
})

t.test('queries ask for metrics that exist', async t => {
  const known = seriesInCode()
  const linked = datasources.flatMap(({ jsonData }) => jsonData.tracesToMetrics?.queries ?? [])
  for (const query of [...dashboards.flatMap(queriesOf), ...linked.map(({ query }) => query)]) {
    const asked = seriesIn(query)
    t.ok(asked.length > 0, `${query} reads a metric`)
    for (const name of asked) t.ok(known.has(name) || foreignSeries.has(name), name)
  }
})
