import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { RequestError } from '../../errors.ts'
import { failureOf } from '../errors/failure.ts'
import { isLongUpload } from './long-lived.ts'
import { answerRaw } from './raw-answer.ts'

export interface ServerSettings {
  /** The least severe level that is logged. Default `info`. */
  logLevel?: string
  /** The largest request body, in bytes. Default 64 KiB. */
  bodyLimit?: number
  /** The proxies whose `X-Forwarded-For` counts. Default false: nobody's. */
  trustProxy?: false | string[]
  /** The whole request must have arrived by then, in milliseconds. Default 15,000. */
  requestTimeoutMs?: number
  /** How long an idle connection is kept, in milliseconds. Default 15,000. */
  keepAliveTimeoutMs?: number
  /** The deadline of calls to upstreams, in milliseconds. Default 5,000. */
  upstreamTimeoutMs?: number
}

/** The log of the gateway, as far as it is needed here. */
interface RefusalLog {
  info(facts: object, message: string): void
}

/** The headers of a request must have arrived by then. */
const headersTimeoutMs = 5_000
/** Beyond the deadline of all upstream calls: only a handler that hangs on something else ever gets there. */
const handlerGraceMs = 250
/** An id that a client may choose for its request: nothing that could break a log or a header. */
const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/

/** The options of Fastify and of Node's server under it: limits that an edge needs, and that neither has by default. */
export function serverOptions(settings: ServerSettings = {}) {
  const { logLevel = 'info', bodyLimit = 64 * 1024, trustProxy = false, upstreamTimeoutMs = 5_000 } = settings
  const { requestTimeoutMs = 15_000, keepAliveTimeoutMs = 15_000 } = settings
  return {
    logger: { level: logLevel },
    bodyLimit,
    trustProxy,
    requestTimeout: requestTimeoutMs,
    handlerTimeout: requestTimeoutMs + upstreamTimeoutMs + handlerGraceMs,
    // A socket on which nothing happens, in milliseconds.
    connectionTimeout: 30_000,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxRequestsPerSocket: 10_000,
    // While the gateway drains, requests that still come are served: the listener closes after them.
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    requestIdHeader: false as const,
    genReqId: requestIdOf,
    clientErrorHandler: answerBrokenRequest,
    // Two spellings of one path would be two ways around whatever guards one of them.
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      useSemicolonDelimiter: false,
      allowUnsafeRegex: false,
      maxParamLength: 100
    },
    http: {
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      // Also when the process is told otherwise.
      insecureHTTPParser: false,
      // The guard says so in the one shape; Node would not.
      requireHostHeader: false,
      // How often the two timeouts are looked at; Node's own 30 s would make them meaningless.
      connectionsCheckingInterval: 500,
      maxHeaderSize: 16 * 1024
    }
  }
}

/** The client's own id for the request when it is a sound one, else a new one. */
function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
}

/** Answers bytes that are no HTTP request, on a connection that is closed with it. Fastify calls it as its own. */
function answerBrokenRequest(this: { log: RefusalLog }, error: ParserError, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isLongUpload(socket)) return
  if (error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const failure = failureOf(isOtherVersion(error) ? new RequestError('SLUICE_ERR_HTTP_VERSION') : error)
  const requestId = answerRaw(failure, socket)
  const { status, reason } = failure
  if (requestId !== null) this.log.info({ request_id: requestId, status, reason, cause: error.code }, 'no request')
}

/** What Node's parser ends with, and why in its own words. */
interface ParserError extends Error {
  code?: string
  reason?: string
}

/** Whether a version is one that there could be; all others are a request line that is none. */
function isOtherVersion({ code, reason }: ParserError): boolean {
  return code === 'HPE_INVALID_VERSION' && reason === 'Invalid HTTP version'
}
