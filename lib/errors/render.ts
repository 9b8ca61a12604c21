import { STATUS_CODES } from 'node:http'
import type { Failure } from './failure.ts'

/** What tells one request from all others. */
export interface RequestIds {
  requestId: string
  traceId: string
}

export interface RenderedFailure {
  contentType: string
  body: string
}

const problemType = 'application/problem+json'

/**
 * The one shape of all errors; or, when the client accepts application/problem+json, the same facts as RFC 9457 has them.
 *
 * @param accept the `Accept` header.
 */
export function renderFailure(failure: Failure, { requestId, traceId }: RequestIds, accept = ''): RenderedFailure {
  const { status, error, code, reason, details } = failure
  const facts = { code, reason, details, request_id: requestId, trace_id: traceId }
  if (!accept.includes(problemType))
    return { contentType: 'application/json; charset=utf-8', body: JSON.stringify({ error, ...facts }) }
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: error, ...facts }
  return { contentType: `${problemType}; charset=utf-8`, body: JSON.stringify(problem) }
}

/** A whole HTTP/1.1 answer, for a connection whose request could not even be parsed. */
export function renderRawFailure(failure: Failure, ids: RequestIds): string {
  const { contentType, body } = renderFailure(failure, ids)
  return [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${ids.requestId}`,
    'connection: close',
    '',
    body
  ].join('\r\n')
}
