import { Code, ConnectError } from '@connectrpc/connect'
import type { HeaderFields } from '../hpack/header-fields.ts'

/**
 * What gRPC allows, which is less than HTTP/2: servers written in C end the call for any other octet. No space is around a
 * value (RFC 9113, section 8.2.1).
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests ("Header-Name", "ASCII-Value")
 */
const validName = /^[0-9a-z_.-]+$/
const validValue = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

/** Headers of HTTP/1 about the connection: a request of HTTP/2 that has one is malformed (RFC 9113, section 8.2.2). */
const connectionNames: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade'
])

/** What the protocol itself says about a request; `grpc-` begins the rest of these names. */
const protocolNames: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'expect',
  'host',
  'te',
  'trailer'
])

/** Names of gRPC that are the caller's all the same: those of its trace. */
const traceNames: ReadonlySet<string> = new Set(['grpc-trace-bin', 'grpc-tags-bin'])

/**
 * What a call says besides the headers of gRPC. Names are lower-case; a value is ASCII, and that of a name on `-bin` is
 * base64. Few entries are expected: they are looked for one by one.
 */
export class Metadata {
  /** Names and values in turn, for the encoder. */
  readonly fields: string[]

  constructor(fields: string[] = []) {
    this.fields = fields
  }

  /**
   * What the maker of a call says. Names of the protocol (`content-type`, `te`, `grpc-...`) are left out: the protocol says
   * them itself.
   *
   * @throws {ConnectError} INTERNAL for a header that gRPC does not allow.
   */
  static from(init: ConstructorParameters<typeof Headers>[0]): Metadata {
    const metadata = new Metadata()
    if (init === undefined) return metadata
    for (const [name, value] of asHeaders(init)) {
      if (isReserved(name)) continue
      // Of several values, `Headers` makes one. Servers are to take binary ones apart; grpc-go does not.
      if (name.endsWith('-bin')) for (const part of value.split(',')) metadata.append(name, part.trim())
      else metadata.append(name, value)
    }
    return metadata
  }

  /** The first value; null: there is none. */
  get(name: string): string | null {
    const at = this.#find(name)
    return at === -1 ? null : this.fields[at + 1]!
  }

  has(name: string): boolean {
    return this.#find(name) !== -1
  }

  /**
   * Says this alone of the name.
   *
   * @throws {ConnectError} INTERNAL for what gRPC does not allow.
   */
  set(name: string, value: string): void {
    const at = this.#find(name)
    if (at === -1) {
      this.append(name, value)
      return
    }
    check(name, value)
    this.fields[at + 1] = value
    for (let next = this.fields.length - 2; next > at; next -= 2) {
      if (this.fields[next] === name) this.fields.splice(next, 2)
    }
  }

  /**
   * Says this besides what is said already.
   *
   * @throws {ConnectError} INTERNAL for what gRPC does not allow.
   */
  append(name: string, value: string): void {
    check(name, value)
    this.fields.push(name, value)
  }

  /** For one of several attempts, which says more than the others. */
  clone(): Metadata {
    return new Metadata(this.fields.slice())
  }

  #find(name: string): number {
    return indexOfField(this.fields, name)
  }
}

function indexOfField(fields: HeaderFields, name: string): number {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return at
  return -1
}

function asHeaders(init: NonNullable<ConstructorParameters<typeof Headers>[0]>): Headers {
  try {
    return new Headers(init)
  } catch (cause) {
    throw new ConnectError('a header that HTTP does not allow', Code.Internal, undefined, undefined, cause)
  }
}

function isReserved(name: string): boolean {
  return protocolNames.has(name) || (name.startsWith('grpc-') && !traceNames.has(name))
}

function check(name: string, value: string): void {
  if (!validName.test(name) || connectionNames.has(name)) {
    throw new ConnectError(`gRPC does not allow the header ${JSON.stringify(name)}`, Code.Internal)
  }
  // Its value may be a secret.
  if (!validValue.test(value)) {
    throw new ConnectError(`gRPC does not allow the value of the header "${name}"`, Code.Internal)
  }
}
