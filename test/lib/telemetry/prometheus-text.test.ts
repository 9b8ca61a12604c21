import { resourceFromAttributes } from '@opentelemetry/resources'
import { type CollectionResult, MeterProvider } from '@opentelemetry/sdk-metrics'
import t from 'tap'
import { createExemplars } from '../../../lib/telemetry/exemplars.ts'
import { type PrometheusFormat, prometheusText } from '../../../lib/telemetry/prometheus-text.ts'
import { ScrapeReader } from '../../../lib/telemetry/scrape.ts'

function create() {
  const reader = new ScrapeReader()
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'test' }),
    readers: [reader]
  })
  return { meter: provider.getMeter('test'), text: (format: PrometheusFormat = 'text') => reader.text(format) }
}

t.test('the resource is told', async t => {
  t.equal(
    await create().text(),
    '# TYPE target_info gauge\n# HELP target_info What is measured.\ntarget_info{service_name="test"} 1\n'
  )
})

t.test('the unit is part of the name, in words', async t => {
  const { meter, text } = create()
  for (const unit of ['ms', 's', 'By', '1', '{request}', 'furlong']) {
    meter.createGauge(`of.${unit.replace(/\W/g, '')}`, { unit }).record(1)
  }
  const told = await text()
  for (const name of ['of_ms_milliseconds', 'of_s_seconds', 'of_By_bytes', 'of_1_ratio', 'of_request', 'of_furlong']) {
    t.match(told, new RegExp(`^${name} 1$`, 'm'))
  }
})

t.test('a unit that the name says already is not told twice', async t => {
  const { meter, text } = create()
  meter.createGauge('wait.seconds', { unit: 's' }).record(1)
  t.match(await text(), /^wait_seconds 1$/m)
})

t.test('what would break a line or a label is escaped', async t => {
  const { meter, text } = create()
  meter.createCounter('odd', { description: 'one\ntwo \\ "three"' }).add(1, { 'a.b': 'x"y\\z\n', n: 5, ok: true })
  const told = await text()
  t.match(told, '# HELP odd_total one\\ntwo \\\\ "three"\n')
  t.match(told, 'odd_total{a_b="x\\"y\\\\z\\n",n="5",ok="true"} 1\n')
  t.match(await text('openmetrics'), '# HELP odd one\\ntwo \\\\ \\"three\\"\n')
})

t.test('an exemplar is told with its bucket alone, and only in OpenMetrics', async t => {
  const { meter, text } = create()
  const bounds = [1, 10]
  const histogram = meter.createHistogram('work', { advice: { explicitBucketBoundaries: bounds } })
  const exemplars = createExemplars('work', bounds)
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
  for (const [value, kind] of [
    [5, 'slow'],
    [500, 'slow'],
    [0.5, 'fast']
  ] as const) {
    histogram.record(value, { kind })
    if (kind === 'slow') exemplars.offer(value, { kind }, trace)
  }
  const lines = (await text('openmetrics')).split('\n').filter(line => line.includes(' # {'))
  t.equal(lines.length, 2)
  t.match(lines[0], `work_bucket{kind="slow",le="10"} 1 # {trace_id="${trace.traceId}",span_id="${trace.spanId}"} 5 `)
  t.match(lines[1], 'work_bucket{kind="slow",le="+Inf"} 2 # {')
  t.notMatch(await text(), trace.traceId)
})

t.test('where nothing is measured there is still an end', async t => {
  const collected: CollectionResult['resourceMetrics'] = {
    resource: resourceFromAttributes({}),
    scopeMetrics: []
  }
  t.equal(
    prometheusText(collected, 'openmetrics'),
    '# TYPE target info\n# HELP target What is measured.\ntarget_info 1\n# EOF\n'
  )
})
