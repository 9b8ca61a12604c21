import type { Transport } from '@connectrpc/connect'
import { createSessionManager } from '../../lib/upstream/session.ts'
import { createTransport } from '../../lib/upstream/transport.ts'
import { createWireTransport } from '../../lib/upstream/wire-transport.ts'
import type { ClientCompatRequest } from './protos.ts'

interface Opened {
  transport: Transport
  close(): void
}

/** What calls go through: those that ask for the same are on one connection. */
export class Transports {
  readonly #opened = new Map<string, Opened>()

  for({ host, port, serverTlsCert, messageReceiveLimit, compression }: ClientCompatRequest): Transport {
    const key = [host, port, messageReceiveLimit, compression].join()
    let opened = this.#opened.get(key)
    if (opened === undefined) {
      const url = `${serverTlsCert.length > 0 ? 'https' : 'http'}://${host}:${port}`
      const sessions = createSessionManager({ url, connectTimeoutMs: 5000 })
      const wire = createWireTransport({
        url,
        sessions,
        defaultTimeoutMs: 30_000,
        readMaxBytes: messageReceiveLimit || 4 * 1024 * 1024,
        writeMaxBytes: 1024 * 1024
      })
      opened = { transport: createTransport(wire), close: () => sessions.abort() }
      this.#opened.set(key, opened)
    }
    return opened.transport
  }

  close(): void {
    for (const opened of this.#opened.values()) opened.close()
  }
}
