import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import type t from 'tap'
import {
  type KeyValue,
  type Span,
  TraceService
} from '../fixtures/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.ts'

/** A span as it arrived. */
export interface ReceivedSpan {
  /** `service.name` of the process that made it. */
  service: string
  traceId: string
  spanId: string
  /** Empty at the root. */
  parentSpanId: string
  name: string
  kind: number
  attributes: Map<string, unknown>
}

/** An OTLP/gRPC endpoint that keeps what it is sent. */
export interface OtlpReceiver {
  url: string
  /** Settles with all spans of a trace as soon as `enough` is content with them. Ask for no more than will come. */
  trace(traceId: string, enough: (spans: ReceivedSpan[]) => boolean): Promise<ReceivedSpan[]>
}

/** Starts a receiver on a free port. */
export async function startOtlpReceiver(test: Pick<typeof t, 'teardown'>): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const arrivals = new EventTarget()
  const handler = connectNodeAdapter({
    routes: router =>
      router.service(TraceService, {
        export(request) {
          for (const { resource, scopeSpans } of request.resourceSpans) {
            const service = String(valuesOf(resource?.attributes ?? []).get('service.name'))
            for (const span of scopeSpans.flatMap(scope => scope.spans)) spans.push(toReceived(service, span))
          }
          arrivals.dispatchEvent(new Event('spans'))
          return {}
        }
      })
  })
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async trace(traceId, enough) {
      for (;;) {
        const found = spans.filter(span => span.traceId === traceId)
        if (enough(found)) return found
        await once(arrivals, 'spans')
      }
    }
  }
}

function toReceived(service: string, span: Span): ReceivedSpan {
  return {
    service,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    kind: span.kind,
    attributes: valuesOf(span.attributes)
  }
}

function valuesOf(attributes: KeyValue[]) {
  return new Map(attributes.map(({ key, value }) => [key, value?.value.value]))
}

function hex(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('hex')
}
