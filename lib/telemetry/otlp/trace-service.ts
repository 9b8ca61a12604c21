import { create, createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type
} from '@bufbuild/protobuf/wkt'

const scope = 'opentelemetry.proto.collector.trace.v1'

/**
 * opentelemetry/proto/collector/trace/v1/trace_service.proto, as much of it as is read here. No package of npm has it, and
 * requests are written by hand.
 */
const file = create(FileDescriptorProtoSchema, {
  name: 'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  package: scope,
  syntax: 'proto3',
  messageType: [
    { name: 'ExportTraceServiceRequest' },
    {
      name: 'ExportTraceServiceResponse',
      field: [field('partial_success', 1, Type.MESSAGE, 'ExportTracePartialSuccess')]
    },
    {
      name: 'ExportTracePartialSuccess',
      field: [field('rejected_spans', 1, Type.INT64), field('error_message', 2, Type.STRING)]
    }
  ],
  service: [
    {
      name: 'TraceService',
      method: [
        {
          name: 'Export',
          inputType: `.${scope}.ExportTraceServiceRequest`,
          outputType: `.${scope}.ExportTraceServiceResponse`
        }
      ]
    }
  ]
})

function field(name: string, number: number, type: Type, message?: string) {
  return {
    name,
    number,
    type,
    label: Label.OPTIONAL,
    ...(message !== undefined && { typeName: `.${scope}.${message}` })
  }
}

/** Takes spans. */
export const exportMethod: DescMethod = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [file] })
).getService(`${scope}.TraceService`)!.methods[0]!

/** What a collector says of an export that it took. */
export interface ExportTraceServiceResponse {
  partialSuccess?: { rejectedSpans: bigint; errorMessage: string }
}

export function readResponse(bytes: Uint8Array): ExportTraceServiceResponse {
  return fromBinary(exportMethod.output, bytes) as ExportTraceServiceResponse
}
