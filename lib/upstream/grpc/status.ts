import { fromBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus } from '@connectrpc/connect/protocol-grpc'
import { StatusSchema } from '../../../gen/google/rpc/status_pb.ts'
import type { HeaderFields } from '../hpack/header-fields.ts'
import { addFields, binaryValuesOf, fieldOf, hasField } from './fields.ts'

const grpcContentType = /^application\/grpc(?:\+proto)?(?:[; ]|$)/i

/** `grpc-status` of a success. */
const ok = '0'

/**
 * What the headers of an answer say against it, or null when messages may follow. An error status of gRPC counts whatever
 * the HTTP status is; without one, the HTTP status and the content type tell that this is no gRPC.
 *
 * @param isEnd whether they are the whole answer ("Trailers-Only"). If not, a status in them is none.
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
export function headersError(headers: HeaderFields, isEnd: boolean): ConnectError | null {
  const refusal = isEnd && hasField(headers, 'grpc-status') ? statusError(headers, null) : null
  if (refusal !== null) return refusal
  const httpStatus = fieldOf(headers, ':status')
  if (httpStatus !== '200') return new ConnectError(`HTTP ${httpStatus}`, codeFromHttpStatus(Number(httpStatus)))
  if (!grpcContentType.test(fieldOf(headers, 'content-type') ?? ''))
    return new ConnectError('the answer is no gRPC', Code.Unknown)
  return null
}

/**
 * The error that a call ended with, or null when it ended well. The metadata of an error that the upstream told has its
 * `grpc-status`.
 *
 * @param trailers null: the headers are the whole answer, so that they have the status.
 */
export function statusError(headers: HeaderFields, trailers: HeaderFields | null): ConnectError | null {
  const source = trailers ?? headers
  const status = fieldOf(source, 'grpc-status')
  if (status === ok) return null
  if (status === null) return new ConnectError('protocol error: missing status', Code.Internal)
  const metadata = addFields(new Headers(), headers)
  if (trailers !== null) addFields(metadata, trailers)
  const message = decodeMessage(fieldOf(source, 'grpc-message') ?? '')
  const code = codeOfStatus(status)
  // The status is kept: what it was is for the log.
  if (code === null) return new ConnectError(`invalid grpc-status "${status}": ${message}`, Code.Unknown, metadata)
  const error = new ConnectError(message, code, metadata)
  error.details = detailsOf(binaryValuesOf(source, 'grpc-status-details-bin')[0], code)
  return error
}

function codeOfStatus(status: string): Code | null {
  return /^(?:[1-9]|1[0-6])$/.test(status) ? Number(status) : null
}

/**
 * `grpc-message` is percent-encoded UTF-8. What is malformed in it is left as it came: a text must never hide the status
 * that it belongs to.
 */
function decodeMessage(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** The details of google.rpc.Status; none when they cannot be read, or are those of another status. */
function detailsOf(bytes: Uint8Array | undefined, code: Code): ConnectError['details'] {
  if (bytes === undefined) return []
  try {
    const status = fromBinary(StatusSchema, bytes)
    if (status.code !== code) return []
    return status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value }))
  } catch {
    return []
  }
}
