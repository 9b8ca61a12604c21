import { constants } from 'node:http2'
import { fromBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus } from '@connectrpc/connect/protocol-grpc'
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts'
import { type AnswerHeaders, addHeaders } from './headers.ts'

const grpcContentType = /^application\/grpc(?:\+proto)?(?:[; ]|$)/i

/** `grpc-status` of a success. */
const ok = '0'

/**
 * What HTTP/2 says about a stream that was reset, as a gRPC code. Codes that are not here are INTERNAL.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
 */
const resetCodes: ReadonlyMap<number, Code> = new Map([
  // The stream was not begun.
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_CANCEL, Code.Canceled],
  // The upstream has not the bandwidth.
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [constants.NGHTTP2_INADEQUATE_SECURITY, Code.PermissionDenied]
])

/**
 * What the headers of an answer say against it, or null when messages may follow. An error status of gRPC counts whatever
 * the HTTP status is; without one, the HTTP status and the content type tell that this is no gRPC.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
export function headersError(headers: AnswerHeaders): ConnectError | null {
  const httpStatus = Number(headers[':status'])
  const refusal = 'grpc-status' in headers ? statusError(headers, null) : null
  if (refusal !== null) return refusal
  if (httpStatus !== 200) return new ConnectError(`HTTP ${httpStatus}`, codeFromHttpStatus(httpStatus))
  if (!grpcContentType.test(textOf(headers['content-type'])))
    return new ConnectError('the answer is no gRPC', Code.Unknown)
  return null
}

/**
 * The error that a call ended with, or null when it ended well. Trailers count before headers, which have the status only
 * when no message follows. The metadata of an error that the upstream told has its `grpc-status`.
 */
export function statusError(headers: AnswerHeaders, trailers: AnswerHeaders | null): ConnectError | null {
  const source = trailers !== null && 'grpc-status' in trailers ? trailers : headers
  const status = source['grpc-status']
  if (status === ok) return null
  if (typeof status !== 'string') return new ConnectError('protocol error: missing status', Code.Internal)
  const metadata = addHeaders(new Headers(), headers)
  if (trailers !== null) addHeaders(metadata, trailers)
  const message = decodeMessage(textOf(source['grpc-message']))
  const code = codeOfStatus(status)
  // The status is kept: what it was is for the log.
  if (code === null) return new ConnectError(`invalid grpc-status "${status}": ${message}`, Code.Unknown, metadata)
  const error = new ConnectError(message, code, metadata)
  error.details = detailsOf(textOf(source['grpc-status-details-bin']), code)
  return error
}

/** What a stream that closed before its status is, by the code of HTTP/2 that it closed with. */
export function resetError(rstCode: number): ConnectError {
  const code = resetCodes.get(rstCode) ?? Code.Internal
  const text = rstCode === constants.NGHTTP2_NO_ERROR ? 'ended without a status' : `was reset with code ${rstCode}`
  return new ConnectError(`the HTTP/2 stream ${text}`, code)
}

/**
 * What an error of a socket, a session or a certificate is: the call never got there, or lost its connection. Only when
 * the upstream broke the rules of HTTP/2, it is neither.
 */
export function connectionError(cause: unknown): ConnectError {
  const broken = cause instanceof Error && 'code' in cause && cause.code === 'ERR_HTTP2_ERROR'
  const text = broken ? 'the upstream breaks HTTP/2' : 'no connection, or it was lost'
  return new ConnectError(text, broken ? Code.Internal : Code.Unavailable, undefined, undefined, cause)
}

function codeOfStatus(status: string): Code | null {
  const code = /^\d{1,2}$/.test(status) ? Number(status) : -1
  return code >= Code.Canceled && code <= Code.Unauthenticated ? code : null
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
function detailsOf(encoded: string, code: Code): ConnectError['details'] {
  if (encoded === '') return []
  try {
    const status = fromBinary(StatusSchema, Buffer.from(encoded, 'base64'))
    if (status.code !== code) return []
    return status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value }))
  } catch {
    return []
  }
}

/** A header that came once; empty otherwise. */
export function textOf(value: AnswerHeaders[string]): string {
  return typeof value === 'string' ? value : ''
}
