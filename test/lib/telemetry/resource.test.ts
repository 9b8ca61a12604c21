import t from 'tap'
import { detectResource } from '../../../lib/telemetry/resource.ts'

t.test('a process is told with its name and its version', async t => {
  const { attributes } = detectResource('api-gateway', '1.2.3')
  t.match(attributes, { 'service.name': 'api-gateway', 'service.version': '1.2.3', 'process.pid': process.pid })
  t.type(attributes['service.instance.id'], 'string')
})

t.test('what else is told can be chosen', async t => {
  process.env.OTEL_NODE_RESOURCE_DETECTORS = 'env'
  process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=test'
  t.teardown(() => {
    delete process.env.OTEL_NODE_RESOURCE_DETECTORS
    delete process.env.OTEL_RESOURCE_ATTRIBUTES
  })
  const { attributes } = detectResource('api-gateway', '1.2.3')
  t.match(attributes, { 'service.name': 'api-gateway', 'deployment.environment.name': 'test' })
  t.equal(attributes['process.pid'], undefined)
})
