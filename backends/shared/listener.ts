import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'

const firstPauseMs = 100
const maxPauseMs = 5_000

export interface ListenOptions {
  /** `postgres://user:password@host:port/name`: a connection of its own, so not through a pooler that shares connections. */
  url: string
  /** The channel that is listened on. */
  channel: string
  log: Logger
  /** Called after each LISTEN, the first and those after a loss: what was said before was not heard. */
  onListening: () => void
  /** Called with the payload of each notification. */
  onNotification: (payload: string) => void
}

export interface Listener {
  /** Closes the connection. */
  close(): Promise<void>
}

/**
 * Listens to a channel of PostgreSQL over a connection that is opened again whenever it is lost, after 100 ms at first and
 * up to 5 s later on.
 *
 * @see https://www.postgresql.org/docs/current/sql-listen.html
 */
export function listen(options: ListenOptions): Listener {
  const closing = new AbortController()
  const stopped = listenUntilClosed(options, closing.signal)
  return {
    async close() {
      closing.abort()
      await stopped
    }
  }
}

async function listenUntilClosed(options: ListenOptions, closing: AbortSignal): Promise<void> {
  let pauseMs = firstPauseMs
  const onListening = () => {
    pauseMs = firstPauseMs
    options.onListening()
  }
  while (!closing.aborted) {
    try {
      await listenOnce({ ...options, onListening }, closing)
    } catch (error) {
      if (closing.aborted) return
      options.log.warn({ err: error, channel: options.channel }, 'listening to the database was interrupted')
    }
    await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: closing, ref: false }).catch(() => {})
    pauseMs = Math.min(maxPauseMs, pauseMs * 2)
  }
}

/** One connection from its beginning to its end. */
async function listenOnce({ url, channel, onListening, onNotification }: ListenOptions, closing: AbortSignal) {
  const client = new pg.Client({
    connectionString: url,
    application_name: `listener of ${channel}`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true
  })
  const ended = once(client, 'end', { signal: closing })
  ended.catch(() => {})
  // A connection that breaks may say so more than once; the first time ends `ended`.
  client.on('error', () => {})
  client.on('notification', ({ payload = '' }) => onNotification(payload))
  try {
    await client.connect()
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
    onListening()
    await ended
  } finally {
    await client.end()
  }
}
