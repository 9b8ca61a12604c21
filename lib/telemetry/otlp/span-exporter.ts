import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base'
import { ProtobufTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { encodeSpans } from './encode-spans.ts'

/**
 * The SDK's exporter by OTLP/gRPC, with its connection, its retries and all that it reads from OTEL_EXPORTER_OTLP_*; only
 * the bytes are made by us.
 */
export function createSpanExporter(): SpanExporter {
  const delegate = createOtlpGrpcExportDelegate<ReadableSpan[], ReturnType<typeof deserializeResponse>>(
    convertLegacyOtlpGrpcOptions({}, 'TRACES'),
    { serializeRequest: encodeSpans, deserializeResponse },
    'otlp_grpc_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
    'TraceExportService',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  )
  return new OTLPExporterBase(delegate)
}

function deserializeResponse(bytes: Uint8Array) {
  return ProtobufTraceSerializer.deserializeResponse(bytes)
}
