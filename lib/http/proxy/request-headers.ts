import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

/** What the gateway says of a request that it passes on. */
export interface Passed {
  requestId: string
  /** Of who sent it: of the client, or of the last proxy before the gateway. */
  peerAddress: string
  /** As the client named it. */
  host: string | undefined
  protocol: string
  /** Who is signed in; null on public routes. */
  subject: string | null
  /** What the upstream gets as `Authorization`; null: nothing. */
  authorization: string | null
  /** Whether there is a body to pass on. */
  hasBody: boolean
}

/** For one hop only (RFC 9110, section 7.6.1), or between the client and the gateway alone. */
const ofThisHop: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'forwarded',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-real-ip'
])
/** What the gateway says by itself: a trace goes on from its own span. */
const ofTrace: ReadonlySet<string> = new Set(['baggage', 'traceparent', 'tracestate'])

/**
 * The headers of a request to an upstream: those of the client, which the guard has been over, and ours in place of what
 * the client may not say. `Host` is that of the upstream, and cookies stay as they are.
 *
 * @param headers of the client, with the `Host` of the upstream.
 */
export function requestHeaders(headers: IncomingHttpHeaders, passed: Passed): OutgoingHttpHeaders {
  const { requestId, peerAddress, host, protocol, subject, authorization, hasBody } = passed
  const sent: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!ofThisHop.has(name) && !ofTrace.has(name)) sent[name] = value
  }
  // Of a body that is not passed on, as that of a GET.
  if (!hasBody && headers['content-length'] !== '0') delete sent['content-length']
  sent['x-request-id'] = requestId
  const before = headers['x-forwarded-for']
  sent['x-forwarded-for'] = before === undefined ? peerAddress : `${before}, ${peerAddress}`
  sent['x-forwarded-proto'] = protocol
  if (host === undefined) delete sent['x-forwarded-host']
  else sent['x-forwarded-host'] = host
  if (subject !== null) sent['x-user-id'] = headerText(subject)
  if (authorization !== null) sent.authorization = authorization
  return sent
}

/** A text as visible ASCII, so that no two become the same: all else, and `%`, is percent-encoded. */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent)
}
