import { format } from 'node:util'

/** The names of google.rpc.Code. */
export type CodeName =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED'

interface RequestErrorDefinition {
  /** The `error` that the client reads; `%s` takes a detail. */
  message: string
  /** The HTTP status. */
  status: number
  /** The `code` that the client reads. */
  code: CodeName
  /** The `reason` that the client reads. */
  reason: string
  /** When it happens, for docs/errors.md. */
  when: string
}

/** What the gateway itself refuses a request with. Texts and reasons are what clients branch on: they never change. */
export const requestErrors = {
  SLUICE_ERR_AUTH_HEADER_MISSING: {
    message: 'missing authorization header',
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_MISSING',
    when: 'The route asks for a signed-in user and the request has no `Authorization` header.'
  },
  SLUICE_ERR_AUTH_HEADER_INVALID: {
    message: 'invalid authorization header format',
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_INVALID',
    when: 'The `Authorization` header is not `Bearer <token>`.'
  },
  SLUICE_ERR_AUTH_TOKEN_INVALID: {
    message: 'invalid token',
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_INVALID',
    when: 'The token is malformed, signed with another key or algorithm, or lacks a claim.'
  },
  SLUICE_ERR_AUTH_TOKEN_EXPIRED: {
    message: 'invalid token',
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_EXPIRED',
    when: 'The token was good and its time is over.'
  },
  SLUICE_ERR_AUTH_ROLE_REQUIRED: {
    message: 'this needs the role %s',
    status: 403,
    code: 'PERMISSION_DENIED',
    reason: 'ROLE_REQUIRED',
    when: 'The user is known and holds none of the roles that the route asks for.'
  },
  SLUICE_ERR_AUTH_SCOPE_REQUIRED: {
    message: 'this needs the scope %s',
    status: 403,
    code: 'PERMISSION_DENIED',
    reason: 'SCOPE_REQUIRED',
    when: 'The token is good and does not carry all scopes that the route asks for.'
  },
  SLUICE_ERR_AUTH_KEYS_UNAVAILABLE: {
    message: 'service temporarily unavailable',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'KEYS_UNAVAILABLE',
    when: 'The issuer of tokens has not said its keys since the gateway started, so that no token can be verified.'
  },
  SLUICE_ERR_LIMIT_EXCEEDED: {
    message: 'rate limit exceeded',
    status: 429,
    code: 'RESOURCE_EXHAUSTED',
    reason: 'RATE_LIMITED',
    when: 'A token bucket of the client address, or of the route, is empty. `Retry-After` says when it is not.'
  },
  SLUICE_ERR_PIPELINE_TOO_LONG: {
    message: 'too many requests at once on one connection',
    status: 429,
    code: 'RESOURCE_EXHAUSTED',
    reason: 'PIPELINE_TOO_LONG',
    when: 'A client sends requests without reading the answers to those before. The connection ends.'
  },
  SLUICE_ERR_OVERLOADED: {
    message: 'service temporarily unavailable',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'OVERLOADED',
    when: 'The gateway has more work than it can do and sheds load.'
  },
  SLUICE_ERR_LOG_LEVEL: {
    message: 'level must be one of %s',
    status: 400,
    code: 'INVALID_ARGUMENT',
    reason: 'LOG_LEVEL_INVALID',
    when: 'On the admin port: there is no such level of the log.'
  },
  SLUICE_ERR_SHUTTING_DOWN: {
    message: 'the gateway is shutting down',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'SHUTTING_DOWN',
    when: 'The gateway ended the stream because it stops; another replica can go on with it.'
  },
  SLUICE_ERR_CIRCUIT_OPEN: {
    message: 'service temporarily unavailable',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'CIRCUIT_OPEN',
    when: 'The service failed too often of late; it is left alone until `Retry-After`.'
  },
  SLUICE_ERR_UPSTREAM_UNAVAILABLE: {
    message: 'service temporarily unavailable',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'UPSTREAM_UNAVAILABLE',
    when: 'No connection to the service, or it broke.'
  },
  SLUICE_ERR_UPSTREAM_BUSY: {
    message: 'service temporarily unavailable',
    status: 503,
    code: 'UNAVAILABLE',
    reason: 'UPSTREAM_BUSY',
    when: 'Too many calls to the service are under way, and too many wait, or this one waited until its deadline.'
  },
  SLUICE_ERR_UPSTREAM_TIMEOUT: {
    message: 'the service did not answer in time',
    status: 504,
    code: 'DEADLINE_EXCEEDED',
    reason: 'UPSTREAM_TIMEOUT',
    when: 'The deadline of the call passed; the call was cancelled.'
  },
  SLUICE_ERR_UPSTREAM_INVALID: {
    message: 'the service gave an answer that cannot be read',
    status: 502,
    code: 'INTERNAL',
    reason: 'UPSTREAM_INVALID_RESPONSE',
    when: 'The answer of the service breaks the protocol, is too large, or has no JSON form.'
  },
  SLUICE_ERR_ROUTE_NOT_FOUND: {
    message: 'route not found',
    status: 404,
    code: 'NOT_FOUND',
    reason: 'ROUTE_NOT_FOUND',
    when: 'No route has this path.'
  },
  SLUICE_ERR_METHOD_NOT_ALLOWED: {
    message: 'method not allowed',
    status: 405,
    code: 'UNIMPLEMENTED',
    reason: 'METHOD_NOT_ALLOWED',
    when: 'The path has other methods; `Allow` lists them.'
  },
  SLUICE_ERR_BODY_TOO_LARGE: {
    message: 'request body is too large',
    status: 413,
    code: 'INVALID_ARGUMENT',
    reason: 'BODY_TOO_LARGE',
    when: 'The body is larger than `BODY_LIMIT`, or makes a message of more than 1 MiB.'
  },
  SLUICE_ERR_MEDIA_TYPE: {
    message: 'the body must be application/json in UTF-8',
    status: 415,
    code: 'INVALID_ARGUMENT',
    reason: 'UNSUPPORTED_MEDIA_TYPE',
    when: 'The body has another content type, another charset than UTF-8, or no content type.'
  },
  SLUICE_ERR_CONTENT_ENCODING: {
    message: 'the body must not be compressed',
    status: 415,
    code: 'INVALID_ARGUMENT',
    reason: 'UNSUPPORTED_CONTENT_ENCODING',
    when: 'The body has a `Content-Encoding`.'
  },
  SLUICE_ERR_STREAM_MEDIA_TYPE: {
    message: 'the body must be application/x-ndjson, or application/json with an array',
    status: 415,
    code: 'INVALID_ARGUMENT',
    reason: 'UNSUPPORTED_MEDIA_TYPE',
    when: 'The rpc takes a stream, and the body has another content type, or none.'
  },
  SLUICE_ERR_MESSAGE_TOO_LARGE: {
    message: '%s of the request stream is too large',
    status: 413,
    code: 'INVALID_ARGUMENT',
    reason: 'MESSAGE_TOO_LARGE',
    when: 'One message of a request stream is larger than `BODY_LIMIT`.'
  },
  SLUICE_ERR_NOT_ACCEPTABLE: {
    message: 'a stream is application/x-ndjson, text/event-stream or application/json',
    status: 406,
    code: 'INVALID_ARGUMENT',
    reason: 'NOT_ACCEPTABLE',
    when: 'The rpc answers with a stream, and `Accept` names none of the forms of one.'
  },
  SLUICE_ERR_URI_TOO_LONG: {
    message: 'a part of the path is too long',
    status: 414,
    code: 'INVALID_ARGUMENT',
    reason: 'URI_TOO_LONG',
    when: 'A path parameter has more than 100 characters.'
  },
  SLUICE_ERR_HEADERS_TOO_LARGE: {
    message: 'request headers are too large',
    status: 431,
    code: 'INVALID_ARGUMENT',
    reason: 'HEADERS_TOO_LARGE',
    when: 'The headers take more than 16 KiB, or than the service takes, or there are more than 100.'
  },
  SLUICE_ERR_REQUEST_TIMEOUT: {
    message: 'the request did not arrive in time',
    status: 408,
    code: 'DEADLINE_EXCEEDED',
    reason: 'REQUEST_TIMEOUT',
    when: 'The headers took more than 5 s to arrive, or the whole request more than `REQUEST_TIMEOUT_MS`; or a streamed one paused for 30 s.'
  },
  SLUICE_ERR_REQUEST_MALFORMED: {
    message: 'malformed request',
    status: 400,
    code: 'INVALID_ARGUMENT',
    reason: 'MALFORMED_REQUEST',
    when: 'The request breaks HTTP.'
  },
  SLUICE_ERR_PATH: {
    message: 'the path %s',
    status: 400,
    code: 'INVALID_ARGUMENT',
    reason: 'INVALID_PATH',
    when: 'The path holds control characters, `.` or `..` segments, encoded slashes where no value takes them, or no UTF-8.'
  },
  SLUICE_ERR_EXPECTATION: {
    message: 'the only expectation that can be met is 100-continue',
    status: 417,
    code: 'INVALID_ARGUMENT',
    reason: 'EXPECTATION_FAILED',
    when: 'The `Expect` header asks for something else.'
  },
  SLUICE_ERR_TRANSFER_ENCODING: {
    message: 'the only transfer coding is chunked',
    status: 501,
    code: 'UNIMPLEMENTED',
    reason: 'TRANSFER_ENCODING_UNSUPPORTED',
    when: '`Transfer-Encoding` names another coding, or one more.'
  },
  SLUICE_ERR_HTTP_VERSION: {
    message: 'HTTP version not supported',
    status: 505,
    code: 'UNIMPLEMENTED',
    reason: 'HTTP_VERSION_UNSUPPORTED',
    when: 'The request line names another version than HTTP/1.0 and HTTP/1.1.'
  },
  SLUICE_ERR_IDEMPOTENCY_KEY: {
    message: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
    status: 400,
    code: 'INVALID_ARGUMENT',
    reason: 'IDEMPOTENCY_KEY_INVALID',
    when: 'The `Idempotency-Key` header is empty, too long, or has other characters.'
  },
  SLUICE_ERR_CANCELLED: {
    message: 'the client closed the request',
    status: 499,
    code: 'CANCELLED',
    reason: 'CANCELLED',
    when: 'The client went away before the answer; only logs and metrics see it.'
  },
  SLUICE_ERR_INTERNAL: {
    message: 'internal error',
    status: 500,
    code: 'INTERNAL',
    reason: 'INTERNAL',
    when: 'Something broke inside; the log has it by the request id.'
  }
} as const satisfies Record<`SLUICE_ERR_${string}`, RequestErrorDefinition>

/** What keeps the gateway from starting; `%s` takes a detail. */
export const startErrors = {
  SLUICE_ERR_CONFIG_INVALID: { message: '%s', when: 'A variable of the environment is missing or wrong.' },
  SLUICE_ERR_LISTEN_FAILED: {
    message: 'cannot listen on %s port %s: %s',
    when: 'The port is taken or the address is not of this machine.'
  },
  SLUICE_ERR_OPTION_INVALID: { message: '%s: %s', when: 'A plugin got an option that it cannot work with.' },
  SLUICE_ERR_POLICY_INVALID: {
    message: '%s: policy: %s',
    when: 'The policy of an rpc contradicts itself or its messages.'
  },
  SLUICE_ERR_ROUTE_DUPLICATE: {
    message: '%s %s is a route without a rule, and the route of %s',
    when: 'A plain route of Fastify has the method and path of an rpc.'
  },
  SLUICE_ERR_ARGUMENT_INVALID: {
    message: '%s (see sluice --help)',
    when: 'An argument of `sluice` is missing or wrong.'
  },
  SLUICE_ERR_DESCRIPTORS_INVALID: {
    message: '%s: %s',
    when: 'The descriptors that `sluice` was given cannot be read, or serve nothing over HTTP.'
  },
  SLUICE_ERR_VALIDATION_INVALID: {
    message: '%s: buf.validate: %s',
    when: 'A validation rule of a request cannot be compiled.'
  },
  SLUICE_ERR_METHOD_UNKNOWN: {
    message: '%s has no rpc "%s" to serve over HTTP',
    when: 'A route plugin overrides an rpc that its service does not have, or that has no route.'
  }
} as const satisfies Record<`SLUICE_ERR_${string}`, { message: string; when: string }>

export type RequestErrorCode = keyof typeof requestErrors
export type StartErrorCode = keyof typeof startErrors

export interface RequestErrorOptions {
  /** Fills the `%s` of the message. */
  args?: string[]
  /** What the caller probably meant: a sentence that the message ends with. */
  hint?: string | undefined
  /** What made this fail. Logged, never sent. */
  cause?: unknown
  /** Headers that the answer must have, such as `Allow`. Lower case. */
  headers?: Record<string, string>
  /** When trying again may help, in seconds: becomes `Retry-After`, rounded up. */
  retryAfterSeconds?: number
}

/** A request that the gateway refuses by itself. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** The name of the error in logs and docs/errors.md. */
  readonly code: RequestErrorCode
  readonly definition: RequestErrorDefinition
  readonly headers: Readonly<Record<string, string>>
  /** Fastify answers with it where nobody else does. */
  readonly statusCode: number

  constructor(code: RequestErrorCode, options: RequestErrorOptions = {}) {
    const { args = [], hint, cause, headers = {}, retryAfterSeconds } = options
    const definition = requestErrors[code]
    const message = format(definition.message, ...args)
    super(hint === undefined ? message : `${message}: ${hint}`, { cause })
    this.code = code
    this.definition = definition
    this.statusCode = definition.status
    this.headers =
      retryAfterSeconds === undefined ? headers : { ...headers, 'retry-after': wholeSeconds(retryAfterSeconds) }
  }
}

/** A gateway that cannot start. The message is one line and holds no secret. */
export class StartError extends Error {
  override readonly name = 'StartError'
  /** The name of the error in docs/errors.md. */
  readonly code: StartErrorCode

  /** @param args what fills the `%s` of the message. */
  constructor(code: StartErrorCode, args: string[], options: { cause?: unknown } = {}) {
    super(format(startErrors[code].message, ...args), options)
    this.code = code
  }
}

/** `Retry-After` counts whole seconds (RFC 9110, section 10.2.3); too early would be refused again. */
export function wholeSeconds(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)))
}
