import t from 'tap'
import { environmentOf, readCompose, readYaml, secrets } from '../stack.ts'

interface Collector {
  receivers: { otlp: { protocols: { grpc: { endpoint: string }; http: { endpoint: string } } } }
  processors: { memory_limiter: { limit_mib: number; spike_limit_mib: number } }
  exporters: Record<string, { endpoint: string }>
  extensions: { health_check: { endpoint: string } }
  service: { extensions: string[]; pipelines: Record<string, Record<Kind, string[]>> }
}
type Kind = 'receivers' | 'processors' | 'exporters'

const collector = readYaml<Collector>('otel/collector.yaml')
const compose = readCompose()
const container = compose.services['otel-collector']
const pipelines = Object.entries(collector.service.pipelines)

function portOf(endpoint: string | undefined): string | undefined {
  return endpoint?.split(':').at(-1)
}

t.test('pipelines use what is defined, and nothing is defined that none uses', async t => {
  for (const kind of ['receivers', 'processors', 'exporters'] as const) {
    const used = new Set(pipelines.flatMap(([, pipeline]) => pipeline[kind]))
    t.same([...used].sort(), Object.keys(collector[kind]).sort(), kind)
  }
  t.same(collector.service.extensions, Object.keys(collector.extensions))
})

t.test('traces and metrics have a pipeline, and memory is limited first', async t => {
  t.same(Object.keys(collector.service.pipelines).sort(), ['metrics', 'traces'])
  for (const [name, { processors }] of pipelines) t.equal(processors[0], 'memory_limiter', name)
})

t.test('the memory limit leaves the container room', async t => {
  const containerMib = Number(/^(\d+)m$/.exec(container?.mem_limit ?? '')?.[1])
  t.ok(collector.processors.memory_limiter.limit_mib < containerMib)
})

t.test('gateway and services send to the port where the collector listens for gRPC', async t => {
  for (const name of ['gateway', 'user', 'product', 'order', 'payment', 'inventory']) {
    const service = compose.services[name]
    const url = new URL(environmentOf(service ?? {}, secrets).OTEL_EXPORTER_OTLP_ENDPOINT ?? '')
    t.equal(url.hostname, 'otel-collector')
    t.equal(url.port, portOf(collector.receivers.otlp.protocols.grpc.endpoint))
  }
})

t.test('the health check asks the health extension', async t => {
  const url = new URL(container?.healthcheck?.test.at(-1) ?? '')
  t.equal(url.port, portOf(collector.extensions.health_check.endpoint))
})

t.test('exporters send to containers of the stack', async t => {
  for (const [name, { endpoint }] of Object.entries(collector.exporters)) {
    const host = endpoint.split(':')[0] ?? ''
    t.ok(host === '0.0.0.0' || host in compose.services, `${name}: ${endpoint}`)
  }
})
