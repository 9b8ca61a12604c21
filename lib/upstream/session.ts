import { type ClientHttp2Session, connect } from 'node:http2'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { GrpcTransportOptions } from '@connectrpc/connect-node'

export interface SessionOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** How long a connection may take to open, in milliseconds. */
  connectTimeoutMs: number
  /** How long an open call may hear nothing before the connection is tried with a PING, in milliseconds. Default 10,000. */
  pingIntervalMs?: number
  /** How long the answer to a PING may take, in milliseconds. Default 2000. */
  pingTimeoutMs?: number
}

export type SessionManager = NonNullable<GrpcTransportOptions['sessionManager']>

/** One connection to an upstream. */
interface Connection {
  session: ClientHttp2Session
  /** Settles when requests can be made, or never will. */
  ready: Promise<void>
  /** When anything was last heard, on the clock of `performance.now()`. */
  heardAt: number
  /** Calls without an end. */
  openCalls: number
}

/**
 * Keeps one HTTP/2 connection: opened by the first request, and again by the next one after it was lost.
 *
 * connect has a manager of its own, which leaves a session without a listener once it failed to open: what Node reports
 * about that session afterwards is then nobody's, and ends the process. An upstream that speaks no HTTP/2 is enough.
 */
export function createSessionManager(options: SessionOptions): SessionManager & { abort(): void } {
  let current: Connection | null = null

  async function open(): Promise<Connection> {
    if (current === null || current.session.closed || current.session.destroyed) current = openConnection(options)
    const connection = current
    await connection.ready
    return connection
  }

  return {
    authority: options.url,

    async request(method, path, headers, requestOptions) {
      const connection = await open()
      const { session } = connection
      const stream = session.request({ ...headers, ':method': method, ':path': path }, requestOptions)
      connection.openCalls += 1
      // An idle connection has heard nothing for long and is no worse for it.
      if (connection.openCalls === 1) connection.heardAt = performance.now()
      stream.once('close', () => {
        connection.openCalls -= 1
      })
      return stream
    },

    notifyResponseByteRead(stream) {
      if (current !== null && stream.session === current.session) current.heardAt = performance.now()
    },

    abort() {
      // Without an error, the streams would close in silence, and their calls wait for ever.
      current?.session.destroy(systemError('ECONNRESET', 'the connection was closed'))
      current = null
    }
  }
}

function openConnection(options: SessionOptions): Connection {
  const { url, connectTimeoutMs } = options
  const session = connect(url, { createConnection: authority => openSocket(authority, connectTimeoutMs) })
  let failure: Error = systemError('ECONNRESET', 'the connection was closed')
  // For as long as the session lives: Node may report more than one error, and each must have a listener.
  session.on('error', error => {
    failure = error
  })
  const ready = new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve())
    session.once('close', () => reject(failure))
  })
  // Whoever waits is told; when nobody waits, there is nobody to tell.
  ready.catch(() => {})
  const connection = { session, ready, heardAt: performance.now(), openCalls: 0 }
  keepAlive(connection, options)
  return connection
}

/** Finds out that a connection is dead where TCP would take minutes: calls that hear nothing make it answer a PING. */
function keepAlive(connection: Connection, { pingIntervalMs = 10_000, pingTimeoutMs = 2_000 }: SessionOptions): void {
  const { session } = connection
  const timer = setInterval(() => {
    const silent = performance.now() - connection.heardAt >= pingIntervalMs
    if (connection.openCalls === 0 || !silent || session.destroyed) return
    const late = setTimeout(() => session.destroy(systemError('ETIMEDOUT', 'no answer to a PING')), pingTimeoutMs)
    late.unref()
    session.ping(error => {
      clearTimeout(late)
      if (error === null) connection.heardAt = performance.now()
    })
  }, pingIntervalMs)
  timer.unref()
  session.once('close', () => clearInterval(timer))
}

/** Node gives up on a host that does not answer only after the operating system does, which takes minutes. */
function openSocket(authority: URL, timeoutMs: number): Socket {
  const secure = authority.protocol === 'https:'
  const host = authority.hostname.replace(/^\[|\]$/g, '')
  const port = Number(authority.port || (secure ? 443 : 80))
  const socket = secure
    ? connectTls({ host, port, ALPNProtocols: ['h2'], ...(isIP(host) === 0 && { servername: host }) })
    : connectTcp({ host, port })
  const late = () => socket.destroy(systemError('ETIMEDOUT', `no connection in ${timeoutMs} ms`))
  socket.setTimeout(timeoutMs, late)
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    socket.setTimeout(0)
    socket.off('timeout', late)
  })
  return socket
}

/** An error as Node has them about sockets: connect and our policies know it by its code. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
