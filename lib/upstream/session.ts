import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface SessionOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** How long a connection may take to open, in milliseconds. */
  connectTimeoutMs: number
  /**
   * How long an open call may hear nothing before the connection is tried with a PING, in milliseconds; each further one
   * comes after four times as long. Default 10,000.
   */
  pingIntervalMs?: number
  /** How long the answer to a PING may take, in milliseconds. Default 2000. */
  pingTimeoutMs?: number
}

export interface SessionManager {
  /**
   * Null when a call can be made at once. Else a connection opens, and this settles when it is there.
   *
   * @throws what Node says about a connection that cannot be had
   */
  ready(): Promise<void> | null
  /** Opens a stream, when `ready` has said that it can be. What is wrong with it is an `error` of the stream. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream
  /** Ends the connection, and with it the calls that are open. The next call opens another. */
  abort(): void
}

/** One connection to an upstream. */
interface Connection {
  session: ClientHttp2Session
  /** Settles when requests can be made, or never will. */
  ready: Promise<void>
  isReady: boolean
  /** Calls without an end. */
  openCalls: number
}

/** PINGs that come this rarely are never too many for a server of gRPC, in milliseconds. */
const maxPingIntervalMs = 300_000

/** A connection has 2^30 streams for its client (RFC 9113, section 5.1.1), and then every call on it fails. */
const lastStreamId = 2 ** 31 - 1

/** Keeps one HTTP/2 connection: opened by the first request, and again by the next one after it was lost. */
export function createSessionManager(options: SessionOptions): SessionManager {
  let current: Connection | null = null

  function connection(): Connection {
    if (current === null || current.session.closed || current.session.destroyed) current = openConnection(options)
    return current
  }

  return {
    ready() {
      const { isReady, ready } = connection()
      return isReady ? null : ready
    },

    request(headers) {
      const used = connection()
      const stream = used.session.request(headers)
      used.openCalls += 1
      stream.once('close', () => {
        used.openCalls -= 1
      })
      if (stream.id === lastStreamId) used.session.close()
      return stream
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
  const socket = openSocket(new URL(url), connectTimeoutMs)
  const session = connect(url, { createConnection: () => socket })
  const connection: Connection = { session, ready: Promise.resolve(), isReady: false, openCalls: 0 }
  let failure: Error = systemError('ECONNRESET', 'the connection was closed')
  // For as long as the session lives: Node may report more than one error, and each must have a listener.
  session.on('error', error => {
    failure = error
  })
  connection.ready = new Promise<void>((resolve, reject) => {
    session.once('connect', () => {
      connection.isReady = true
      resolve()
    })
    session.once('close', () => reject(failure))
  })
  // Whoever waits is told; when nobody waits, there is nobody to tell.
  connection.ready.catch(() => {})
  keepAlive(connection, socket, options)
  return connection
}

/**
 * Finds out that a connection is dead where TCP would take minutes: calls that hear nothing make it answer a PING. The
 * longer it is silent, the rarer these are: a server of gRPC that has nothing to say ends a connection for the third PING
 * that comes within five minutes of another (its "too_many_pings").
 */
function keepAlive(connection: Connection, socket: Socket, options: SessionOptions): void {
  const { pingIntervalMs = 10_000, pingTimeoutMs = 2_000 } = options
  const { session } = connection
  let bytesHeard = 0
  let silentSince = performance.now()
  let waitMs = pingIntervalMs
  let late: NodeJS.Timeout | null = null

  function ping() {
    late = setTimeout(() => session.destroy(systemError('ETIMEDOUT', 'no answer to a PING')), pingTimeoutMs)
    late.unref()
    session.ping(error => {
      if (late !== null) clearTimeout(late)
      late = null
      if (error !== null) return
      bytesHeard = socket.bytesRead
      silentSince = performance.now()
      waitMs = Math.min(waitMs * 4, maxPingIntervalMs)
    })
  }

  const timer = setInterval(() => {
    if (late !== null || session.destroyed) return
    const now = performance.now()
    // An idle connection has heard nothing for long and is no worse for it.
    if (socket.bytesRead !== bytesHeard || connection.openCalls === 0) {
      bytesHeard = socket.bytesRead
      silentSince = now
      waitMs = pingIntervalMs
    } else if (now - silentSince >= waitMs) {
      ping()
    }
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

/** An error as Node has them about sockets: our policies know it by its code. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
