import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls'

/** Where an upstream listens: on TCP, or on a Unix domain socket. */
export type Address = { host: string; port: number } | { path: string }

/** What TLS to an upstream is about. Its certificate is verified, always. */
export interface TlsOptions {
  /** The authorities that may have issued its certificate, in PEM. Default: those that Node knows. */
  ca?: string | Buffer | (string | Buffer)[]
  /** Our own certificate, in PEM, for upstreams that ask for one; with `key`. */
  cert?: string | Buffer
  key?: string | Buffer
  /** The name that its certificate must have, or the address. Default: the host of its address; `localhost` for a Unix socket. */
  serverName?: string
  /** Default `TLSv1.2`. */
  minVersion?: SecureVersion
}

export interface SocketOptions {
  address: Address
  /** Null: plain text. */
  tls: TlsOptions | null
  /** The socket is connected; with TLS, the upstream is who it should be and speaks HTTP/2. */
  onConnect(): void
  /** Bytes came: a view on a buffer that is used again, valid during the call only. */
  onRead(bytes: Buffer): void
  /** What was held back can be written. */
  onDrain(): void
  /** The socket is closed: by an error, or null. Called once, last of all. */
  onClose(error: Error | null): void
}

/** How much is read at once, in bytes. */
const readBytes = 64 * 1024

/** What TLS calls HTTP/2 (RFC 7301, RFC 9113 section 3.2). */
const http2Protocol = 'h2'

/** By these the kernel finds out that the other end of an idle connection is gone, before a call does. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 }

/** How long the other end has to take what is still to be told to it, in milliseconds. */
const lingerMs = 1_000

/** Opens a socket. Errors are Node's, with their `code`. */
export function openSocket(options: SocketOptions): Socket {
  const { address, tls, onConnect, onRead, onDrain, onClose } = options
  let failure: Error | null = null
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const onread = {
    buffer,
    callback(length: number) {
      onRead(length === readBytes ? buffer : buffer.subarray(0, length))
      return true
    }
  }
  const tcp = { ...address, ...keepAlive, noDelay: true, onread }
  const socket = tls === null ? connectTcp(tcp) : openTls(address, tls, tcp)
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    const problem = tls === null ? null : protocolProblem(socket as TLSSocket)
    if (problem === null) onConnect()
    else socket.destroy(problem)
  })
  socket.on('drain', onDrain)
  socket.on('error', error => {
    failure ??= described(error)
  })
  // Half a connection is of no use: what could be written would not be answered.
  socket.once('end', () => socket.destroy())
  socket.once('close', () => onClose(failure))
  return socket
}

/** Closes a socket behind what was written to it; without that, when the other end does not read. */
export function closeSocket(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.destroySoon()
}

function openTls(address: Address, tls: TlsOptions, tcp: object): TLSSocket {
  const { serverName = 'host' in address ? address.host : 'localhost', ...rest } = tls
  return connectTls({
    minVersion: 'TLSv1.2',
    ...rest,
    ...tcp,
    ALPNProtocols: [http2Protocol],
    // An address is no name for SNI (RFC 6066, section 3).
    ...(isIP(serverName) === 0 && { servername: serverName }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    rejectUnauthorized: true
  })
}

function protocolProblem({ alpnProtocol }: TLSSocket): Error | null {
  if (alpnProtocol === http2Protocol) return null
  const chosen = alpnProtocol === false ? 'no protocol' : `the protocol "${alpnProtocol}"`
  return systemError('ERR_TLS_ALPN', `the upstream chose ${chosen} by ALPN, and not HTTP/2`)
}

/** When no address of a host can be reached, Node says so of each of them, and nothing of all together. */
function described(error: Error): Error {
  if (error instanceof AggregateError && error.message === '') {
    error.message = error.errors.map(({ message }) => message).join(', ')
  }
  return error
}

/** An error as Node has them about sockets: policies know it by its code. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
