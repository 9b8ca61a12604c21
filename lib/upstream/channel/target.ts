import { isIPv4, isIPv6 } from 'node:net'
import { hostnameProblem, withoutRoot } from './hostname.ts'

/**
 * Where an upstream is, as the operator says it. What calls say in `:authority`, and the name that its certificate must
 * have, come from here and never from what the name resolves to: whoever can forge an answer of DNS must not be who says
 * which certificate is right.
 */
export type Place =
  | { kind: 'address'; host: string; port: number; authority: string; serverName: string }
  | { kind: 'name'; name: string; port: number; authority: string; serverName: string }
  | { kind: 'srv'; name: string; authority: string; serverName: string }
  | { kind: 'unix'; path: string; authority: string; serverName: string }

export interface Target {
  /** As it was written. */
  text: string
  /** At least one. All their endpoints serve the same. */
  places: readonly Place[]
  /** Whether it asks for TLS (`https://`) or against it (`http://`); null: it does not say. */
  tls: boolean | null
}

/** What is wrong with a target. The message holds no user and no password that somebody wrote into it. */
export class TargetError extends Error {
  override name = 'TargetError'
}

const defaultPorts = { http: 80, https: 443, dns: null } as const

/** Linux has 108 bytes for the path of a socket, the last of which is 0 (unix(7)). */
const maxSocketPathBytes = 107

/**
 * Reads where an upstream is.
 *
 *     target = place *( "," place )
 *     place  = [ "http://" / "https://" / "dns:///" ] host [ ":" port ] [ "/" ]
 *            / "srv:///" name
 *            / "unix:" path
 *     host   = name / IPv4 / "[" IPv6 "]"
 *
 * Only `http://` and `https://` have a default port, 80 and 443.
 *
 * @throws {TargetError}
 */
export function parseTarget(text: string): Target {
  if (text.trim() === '') throw new TargetError('it is empty')
  const parsed = text.split(',').map(part => parsePlace(part.trim()))
  const tls = parsed[0]!.tls
  if (parsed.some(place => place.tls !== tls)) {
    throw new TargetError('all parts of a list must begin with http://, or all with https://, or none')
  }
  return { text, tls, places: parsed.map(({ place }) => place) }
}

interface ParsedPlace {
  place: Place
  tls: boolean | null
}

function parsePlace(part: string): ParsedPlace {
  if (part === '') throw new TargetError('a part of the list is empty')
  if (part.startsWith('unix:')) return { place: parseSocketPath(part.slice('unix:'.length)), tls: null }
  const [, scheme, rest = ''] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(part) ?? []
  switch (scheme?.toLowerCase()) {
    case undefined:
      return { place: parseHost(part, null), tls: null }
    case 'http':
      return { place: parseHost(withoutSlash(rest), defaultPorts.http), tls: false }
    case 'https':
      return { place: parseHost(withoutSlash(rest), defaultPorts.https), tls: true }
    case 'dns':
      return { place: parseHost(withoutServer(rest), null), tls: null }
    case 'srv':
      return { place: parseSrvName(withoutServer(rest)), tls: null }
    default:
      throw new TargetError(`the scheme "${scheme}" is not one of http, https, dns, srv, unix`)
  }
}

function parseHost(part: string, defaultPort: number | null): Place {
  if (part.includes('@')) throw new TargetError('a user or password has no place in it')
  if (/[/?#]/.test(part)) throw new TargetError('nothing may follow the port')
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(part) ?? []
  if (bracketed === undefined && plain === undefined) {
    throw new TargetError(`"${part}" is not host:port; an IPv6 address is written [address]:port`)
  }
  const port = parsePort(portText, defaultPort)
  const shown = port === defaultPort ? '' : `:${port}`
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw new TargetError(`"${bracketed}" is not an IPv6 address`)
    if (bracketed.includes('%')) throw new TargetError('an IPv6 address with a zone is not taken')
    return { kind: 'address', host: bracketed, port, authority: `[${bracketed}]${shown}`, serverName: bracketed }
  }
  const host = plain!.toLowerCase()
  if (isIPv4(host)) return { kind: 'address', host, port, authority: `${host}${shown}`, serverName: host }
  const problem = hostnameProblem(host)
  if (problem !== null) throw new TargetError(problem)
  const serverName = withoutRoot(host)
  return { kind: 'name', name: host, port, authority: `${serverName}${shown}`, serverName }
}

function parsePort(portText: string | undefined, defaultPort: number | null): number {
  if (portText === undefined && defaultPort !== null) return defaultPort
  if (portText === undefined || portText === '') throw new TargetError('the port is missing')
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) throw new TargetError(`the port "${portText}" is not a number from 1 to 65535`)
  return port
}

/** `_service._proto.domain` (RFC 2782). The domain is what certificates are issued for (RFC 6125, section 6.2.1). */
function parseSrvName(name: string): Place {
  const domain = /^_[a-z\d-]+\._[a-z\d-]+\.(.+)$/i.exec(name)?.[1]
  if (domain === undefined) throw new TargetError(`"${name}" is not like _grpc._tcp.name`)
  const problem = hostnameProblem(domain)
  if (problem !== null) throw new TargetError(problem)
  const serverName = withoutRoot(domain).toLowerCase()
  return { kind: 'srv', name: name.toLowerCase(), authority: serverName, serverName }
}

function parseSocketPath(rest: string): Place {
  const path = rest.startsWith('///') ? rest.slice(2) : rest
  if (!path.startsWith('/')) throw new TargetError('the path of a socket must begin with /')
  if (/^\/+$/.test(path)) throw new TargetError('the path of a socket is missing')
  if (path.includes('\0')) throw new TargetError('the path of a socket must not have a NUL')
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new TargetError(`the path of a socket has at most ${maxSocketPathBytes} bytes`)
  }
  return { kind: 'unix', path, authority: 'localhost', serverName: 'localhost' }
}

/** gRPC's form of a name has room for a DNS server before it (`dns://server/name`). */
function withoutServer(rest: string): string {
  if (!rest.startsWith('/')) throw new TargetError('a DNS server cannot be named: three slashes come before the name')
  return rest.slice(1)
}

function withoutSlash(rest: string): string {
  return rest.endsWith('/') ? rest.slice(0, -1) : rest
}
