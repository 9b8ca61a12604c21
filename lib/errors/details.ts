import { createRegistry, type JsonObject, type JsonValue, type Message, toJson } from '@bufbuild/protobuf'
import { type Duration, durationMs } from '@bufbuild/protobuf/wkt'
import type { ConnectError } from '@connectrpc/connect'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema
} from '../../gen/google/rpc/error_details_pb.ts'

/** The details that may leave the house. DebugInfo is missing on purpose: it holds stacks. */
export const publishedDetails = createRegistry(
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema
)

/** A message of google.rpc as ProtoJSON of an Any: with its type as `@type`. */
export type Detail = JsonObject & { '@type': string }

/** The details of a failed call that are of a published type; others are left out. */
export function detailsOf(error: ConnectError): Detail[] {
  return error.findDetails(publishedDetails).map(toDetail)
}

/** A message of google.rpc, as the error body shows it. */
export function toDetail(message: Message): Detail {
  const desc = publishedDetails.getMessage(message.$typeName)
  const json: JsonValue =
    desc === undefined ? {} : toJson(desc, message, { useProtoFieldName: true, registry: publishedDetails })
  return { '@type': `type.googleapis.com/${message.$typeName}`, ...(json as JsonObject) }
}

/** The reason of a failed call by its google.rpc.ErrorInfo; undefined when it has none. */
export function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason || undefined
}

/** When a failed call may be tried again by its google.rpc.RetryInfo, in seconds; undefined when it does not say. */
export function retryAfterOf(error: ConnectError): number | undefined {
  const delay: Duration | undefined = error.findDetails(RetryInfoSchema)[0]?.retryDelay
  return delay === undefined ? undefined : durationMs(delay) / 1000
}
