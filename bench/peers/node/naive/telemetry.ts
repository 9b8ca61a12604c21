// Loaded before the program: the SDK as its pages show it, with the instrumentations of HTTP and of Fastify. Exporters, sampler
// and intervals are what OTEL_* says.
import { FastifyOtelInstrumentation } from '@fastify/otel'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { readSettings } from '../start.ts'

const isTracing = readSettings().sampling > 0
const sdk = new NodeSDK({
  serviceName: 'naive',
  instrumentations: isTracing
    ? [new HttpInstrumentation(), new FastifyOtelInstrumentation({ registerOnInitialization: true })]
    : []
})
sdk.start()
