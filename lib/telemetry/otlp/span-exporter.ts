import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'

/** Spans that are encoded. */
export interface EncodedSpans {
  /** An `ExportTraceServiceRequest`; not to be looked at any more when it was answered. */
  bytes: Uint8Array
  /** How many spans are in it. */
  count: number
}

/** Sends spans that are encoded. */
export type SpanExporter = OTLPExporterBase<EncodedSpans>

/**
 * The SDK's exporter by OTLP/gRPC, with its connection, its retries and all that it reads from OTEL_EXPORTER_OTLP_*; only
 * the bytes are made by us.
 */
export function createSpanExporter(): SpanExporter {
  const delegate = createOtlpGrpcExportDelegate<EncodedSpans, ReturnType<typeof deserializeResponse>>(
    convertLegacyOtlpGrpcOptions({}, 'TRACES'),
    { serializeRequest: ({ bytes }) => bytes, deserializeResponse },
    'otlp_grpc_span_exporter',
    { name: 'span', countItems: ({ count }) => count },
    undefined,
    'TraceExportService',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  )
  return new OTLPExporterBase(delegate)
}

function deserializeResponse(bytes: Uint8Array) {
  return ProtobufTraceSerializer.deserializeResponse(bytes)
}
