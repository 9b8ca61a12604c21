import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import t from 'tap'

type Processor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number]
export type Span = Parameters<Processor['onEnd']>[0]

/** Starts OpenTelemetry for this test file, with its context and propagation; the array gets every span that ends. */
export function collectSpans(): Span[] {
  const spans: Span[] = []
  const processor: Processor = {
    onStart() {},
    onEnd: span => spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {}
  }
  const sdk = new NodeSDK({
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false
  })
  sdk.start()
  t.teardown(() => sdk.shutdown())
  return spans
}
