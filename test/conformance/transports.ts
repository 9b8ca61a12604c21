import type { Transport } from '@connectrpc/connect'
import { createTransport } from '../../lib/upstream/grpc/connect-transport.ts'
import { connectWire } from '../lib/upstream/grpc/helper.ts'
import { type ClientCompatRequest, Compression } from './protos.ts'

/** What calls go through: those that ask for the same are on one connection. */
export class Transports {
  readonly #opened = new Map<string, Transport>()
  readonly #closing: (() => unknown)[] = []

  for(request: ClientCompatRequest): Transport {
    const { host, port, serverTlsCert, clientTlsCreds, messageReceiveLimit, compression } = request
    const key = [host, port, messageReceiveLimit, compression].join()
    let transport = this.#opened.get(key)
    if (transport === undefined) {
      const secure = serverTlsCert.length > 0
      const url = `${secure ? 'https' : 'http'}://${host}:${port}`
      const tap = { teardown: (close: () => unknown) => void this.#closing.push(close) }
      const wire = connectWire(tap, url, {
        tls: secure
          ? {
              ca: Buffer.from(serverTlsCert),
              ...(clientTlsCreds && { cert: Buffer.from(clientTlsCreds.cert), key: Buffer.from(clientTlsCreds.key) })
            }
          : null,
        timeoutMs: Number.POSITIVE_INFINITY,
        readMaxBytes: messageReceiveLimit || 4 * 1024 * 1024,
        writeMaxBytes: 1024 * 1024,
        sendCompression: compression === Compression.GZIP ? 'gzip' : 'identity'
      })
      transport = createTransport(wire)
      this.#opened.set(key, transport)
    }
    return transport
  }

  close(): void {
    for (const close of this.#closing) close()
  }
}
