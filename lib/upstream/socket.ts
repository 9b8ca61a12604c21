import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls'

/** Where an upstream listens: on TCP, or on a Unix domain socket. */
export type Address = { host: string; port: number } | { path: string }

/** What TLS to an upstream is about. Its certificate is verified, always. */
export interface TlsOptions {
  /** The authorities that may have issued its certificate, in PEM. Default: those that Node knows. */
  ca?: string | Buffer | (string | Buffer)[]
  /** Our own certificate, in PEM, for upstreams that ask for one; with `key`. */
  cert?: string | Buffer
  key?: string | Buffer
  /** The name that its certificate must have. Default: the host of its address. */
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
  const socket = tls === null ? connectTcp({ ...address, onread, noDelay: true }) : openTls(address, tls, onread)
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    const problem = tls === null ? null : protocolProblem(socket as TLSSocket)
    if (problem === null) onConnect()
    else socket.destroy(problem)
  })
  socket.on('drain', onDrain)
  socket.on('error', error => {
    failure ??= error
  })
  // Half a connection is of no use: what could be written would not be answered.
  socket.once('end', () => socket.destroy())
  socket.once('close', () => onClose(failure))
  return socket
}

type OnRead = { buffer: Buffer; callback(length: number): boolean }

function openTls(address: Address, tls: TlsOptions, onread: OnRead): TLSSocket {
  const { serverName, ...rest } = tls
  const name = serverName ?? ('host' in address ? address.host : '')
  return connectTls({
    minVersion: 'TLSv1.2',
    ...address,
    ...rest,
    ALPNProtocols: [http2Protocol],
    // An address is no name for SNI (RFC 6066, section 3), and is compared with the certificate all the same.
    ...(isIP(name) === 0 && name !== '' && { servername: name }),
    ...(isIP(name) !== 0 && { host: name }),
    rejectUnauthorized: true,
    // Not in the types of Node 24, but in its documentation of tls.connect.
    ...({ onread, noDelay: true } as object)
  })
}

function protocolProblem({ alpnProtocol }: TLSSocket): Error | null {
  if (alpnProtocol === http2Protocol) return null
  const chosen = alpnProtocol === false ? 'no protocol' : `the protocol "${alpnProtocol}"`
  return systemError('ERR_TLS_ALPN', `the upstream chose ${chosen} by ALPN, and not HTTP/2`)
}

/** An error as Node has them about sockets: policies know it by its code. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
