import type { Transport } from '@connectrpc/connect'
import { type Channel, createChannel } from '../../lib/upstream/channel/channel.ts'
import { createTransport } from '../../lib/upstream/grpc/connect-transport.ts'
import { createWire } from '../../lib/upstream/grpc/wire.ts'
import type { TlsOptions } from '../../lib/upstream/socket.ts'
import { type ClientCompatRequest, Compression } from './protos.ts'

/** The most that one message of a request may hold, in bytes. */
const writeMaxBytes = 1024 * 1024

interface Opened {
  channel: Channel
  transport: Transport
}

/** What calls go through: those that ask for the same go over one channel, and so over one connection. */
export class Transports {
  readonly #opened = new Map<string, Opened>()

  for(request: ClientCompatRequest): Transport {
    const { host, port, messageReceiveLimit, compression } = request
    const key = [host, port, messageReceiveLimit, compression].join()
    let opened = this.#opened.get(key)
    if (opened === undefined) {
      opened = open(request)
      this.#opened.set(key, opened)
    }
    return opened.transport
  }

  close(): void {
    for (const { channel } of this.#opened.values()) channel.close()
  }
}

function open(request: ClientCompatRequest): Opened {
  const { host, port, messageReceiveLimit, compression } = request
  const channel = createChannel({
    name: 'conformance',
    target: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: tlsOf(request),
    // The runner counts the calls that it did not ask for as mistakes.
    health: { mode: 'off' },
    ...(messageReceiveLimit > 0 && { readMaxBytes: messageReceiveLimit }),
    writeMaxBytes,
    sendCompression: compression === Compression.GZIP ? 'gzip' : 'identity'
  })
  return { channel, transport: createTransport(createWire({ send: channel.send, writeMaxBytes })) }
}

function tlsOf({ serverTlsCert, clientTlsCreds }: ClientCompatRequest): TlsOptions | null {
  if (serverTlsCert.length === 0) return null
  const ca = Buffer.from(serverTlsCert)
  if (clientTlsCreds === undefined) return { ca }
  return { ca, cert: Buffer.from(clientTlsCreds.cert), key: Buffer.from(clientTlsCreds.key) }
}
