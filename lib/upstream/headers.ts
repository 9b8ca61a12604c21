import type { OutgoingHttpHeaders } from 'node:http2'
import packageJson from '../../package.json' with { type: 'json' }

const userAgent = `grpc-node-sluice/${packageJson.version}`

/** The headers, or the trailers, of an answer as Node has them. */
export type AnswerHeaders = Readonly<NodeJS.Dict<string | string[] | number>>

/** `grpc-timeout` has at most eight digits. */
const maxTimeoutValue = 99_999_999

/**
 * The headers of a call: those of the protocol, and the caller's own besides.
 *
 * @param timeoutMs when the answer is given up, for the upstream to know; undefined: it is not told.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function requestHeaders(path: string, timeoutMs: number | undefined, own: Headers): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':method': 'POST', ':path': path }
  for (const [name, value] of own) headers[name] = value
  headers['content-type'] = 'application/grpc+proto'
  headers.te = 'trailers'
  headers['user-agent'] ??= userAgent
  headers['grpc-accept-encoding'] = 'identity,gzip'
  if (timeoutMs !== undefined) headers['grpc-timeout'] = grpcTimeout(timeoutMs)
  return headers
}

/** Milliseconds as `grpc-timeout` counts them; seconds when it cannot. */
export function grpcTimeout(timeoutMs: number): string {
  if (timeoutMs <= maxTimeoutValue) return `${Math.ceil(timeoutMs)}m`
  return `${Math.min(Math.ceil(timeoutMs / 1_000), maxTimeoutValue)}S`
}

/** Adds headers or trailers as Node has them, without those of HTTP/2 itself. */
export function addHeaders(target: Headers, incoming: AnswerHeaders): Headers {
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || name.startsWith(':')) continue
    if (Array.isArray(value)) for (const one of value) target.append(name, one)
    else target.append(name, String(value))
  }
  return target
}
