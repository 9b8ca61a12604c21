import { metrics } from '@opentelemetry/api'
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import t from 'tap'
import { createUserService } from '../../../backends/user/service.ts'
import { UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'
import { collectSpans } from '../spans.ts'

const spans = collectSpans()
const exporter = new InMemoryMetricExporter(1)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
const meterProvider = new MeterProvider({ readers: [reader] })
metrics.setGlobalMeterProvider(meterProvider)
t.teardown(() => meterProvider.shutdown())

const ann = { email: 'ann@example.com', username: 'ann-the-first', password: 'password123', fullName: 'Ann Lee' }

/** Registers, signs in rightly and wrongly, and looks at the account. */
async function walk(t: Test): Promise<string> {
  const { client } = await startBackend(t, createUserService)
  const users = client(UserService)
  const { id } = await users.register(ann)
  await refusalOf(users.register(ann))
  await refusalOf(users.login({ email: ann.email, password: 'password124' }))
  const { token } = await users.login(ann)
  await client(UserService, token).getMe({})
  return id
}

t.test('what users do is traced by their id, and by nothing that is personal', async t => {
  const id = await walk(t)
  const told = spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
  for (const name of ['user.register', 'user.login', 'user.get_by_id']) {
    t.ok(
      told.some(span => span.name === name && span.attributes['user.id'] === id),
      name
    )
  }
  const text = JSON.stringify(told)
  for (const personal of Object.values(ann)) t.notMatch(text, personal)
})

t.test('sign-ups and sign-ins are counted by their outcome, queries are timed', async t => {
  await walk(t)
  await reader.forceFlush()
  const exported =
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(scope => scope.metrics) ?? []
  const labels = (name: string) =>
    exported.find(metric => metric.descriptor.name === name)?.dataPoints.map(point => point.attributes)
  t.same(labels('user.register.count'), [
    { status: 'success', reason: '' },
    { status: 'failure', reason: 'EMAIL_TAKEN' }
  ])
  t.same(labels('user.login.count'), [
    { status: 'failure', reason: 'INVALID_CREDENTIALS' },
    { status: 'success', reason: '' }
  ])
  t.same(labels('user.query.duration'), [
    { operation: 'register' },
    { operation: 'get_by_email' },
    { operation: 'get_by_id' }
  ])
})
