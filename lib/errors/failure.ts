import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { type CodeName, RequestError, type RequestErrorCode, wholeSeconds } from '../../errors.ts'
import { BadRequestSchema, ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.ts'
import { passedHeaders } from '../http/passed-headers.ts'
import { BindError, PrintError } from '../transcode/errors.ts'
import { httpStatusOf } from '../transcode/status.ts'
import { codeNames, requestErrorOf } from './code.ts'
import { type Detail, detailsOf, reasonOf, retryAfterOf, toDetail } from './details.ts'

/** The `domain` of the gateway's own google.rpc.ErrorInfo. */
const errorDomain = 'sluice'

/** What is told about a request that failed. */
export interface Failure {
  /** The HTTP status. */
  status: number
  /** A sentence for people. */
  error: string
  code: CodeName
  /** For programs. */
  reason: string
  details: Detail[]
  /** Headers that belong to it, in lower case. */
  headers: Readonly<Record<string, string>>
  /** Whether what happened is kept from the client, so that the log must have it. */
  hidden: boolean
}

/** Codes whose texts are about the inside of a service. */
const internalCodes: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.DataLoss])

/** Errors of Fastify and its plugins that have a counterpart in our table. */
const frameworkErrors: ReadonlyMap<string, RequestErrorCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'SLUICE_ERR_BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'SLUICE_ERR_MEDIA_TYPE'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'SLUICE_ERR_URI_TOO_LONG'],
  ['FST_ERR_HANDLER_TIMEOUT', 'SLUICE_ERR_UPSTREAM_TIMEOUT'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'SLUICE_ERR_REQUEST_TIMEOUT'],
  ['HPE_HEADER_OVERFLOW', 'SLUICE_ERR_HEADERS_TOO_LARGE']
])

/** What to tell about any error that a request ends with. Never throws; what it does not know is an internal error. */
export function failureOf(error: unknown): Failure {
  const own = requestErrorOf(error)
  if (own !== null) return fromRequestError(own)
  if (error instanceof ConnectError) return fromCall(error)
  if (error instanceof BindError) return fromBindError(error)
  if (error instanceof PrintError) return fromRequestError(new RequestError('SLUICE_ERR_UPSTREAM_INVALID'))
  return fromRequestError(new RequestError(frameworkCode(error)))
}

function fromRequestError({ message, definition, headers }: RequestError): Failure {
  const { status, code, reason } = definition
  const details = [toDetail(create(ErrorInfoSchema, { reason, domain: errorDomain }))]
  return { status, error: message, code, reason, details, headers, hidden: code === 'INTERNAL' }
}

function fromCall(error: ConnectError): Failure {
  const { code } = error
  if (internalCodes.has(code)) return fromRequestError(new RequestError('SLUICE_ERR_INTERNAL'))
  const reason = reasonOf(error)
  const name = codeNames[code] ?? 'UNKNOWN'
  const retryAfter = retryAfterOf(error)
  return {
    status: httpStatusOf(code, reason),
    error: error.rawMessage,
    code: name,
    reason: reason ?? name,
    details: detailsOf(error),
    headers: {
      ...passedHeaders(error.metadata),
      ...(retryAfter !== undefined && { 'retry-after': wholeSeconds(retryAfter) })
    },
    hidden: false
  }
}

function fromBindError({ message, reason, violations }: BindError): Failure {
  const info = create(ErrorInfoSchema, { reason, domain: errorDomain })
  const request = create(BadRequestSchema, { fieldViolations: [...violations] })
  return {
    status: 400,
    error: message,
    code: 'INVALID_ARGUMENT',
    reason,
    details: [toDetail(info), toDetail(request)],
    headers: {},
    hidden: false
  }
}

function frameworkCode(error: unknown): RequestErrorCode {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  const known = frameworkErrors.get(String(code))
  if (known !== undefined) return known
  const isClientError = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  return isClientError || String(code).startsWith('HPE_') ? 'SLUICE_ERR_REQUEST_MALFORMED' : 'SLUICE_ERR_INTERNAL'
}
