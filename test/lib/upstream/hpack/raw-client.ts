import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** The frames of RFC 9113, section 6, that matter here. */
export const frameType = { data: 0, headers: 1, settings: 4, goaway: 7, continuation: 9 } as const
export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 } as const
export const headerTableSize = 0x1

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const frameHeaderBytes = 9

export interface Frame {
  type: number
  flags: number
  streamId: number
  payload: Buffer
}

/** Speaks to an HTTP/2 server in frames, and knows nothing of what they mean. */
export class RawClient {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  #received = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  write(type: number, flags: number, streamId: number, payload: Buffer): void {
    const header = Buffer.alloc(frameHeaderBytes)
    header.writeUIntBE(payload.length, 0, 3)
    header[3] = type
    header[4] = flags
    header.writeUInt32BE(streamId, 5)
    this.#socket.write(Buffer.concat([header, payload]))
  }

  writeSettings(settings: readonly (readonly [id: number, value: number])[]): void {
    const payload = Buffer.alloc(settings.length * 6)
    for (const [at, [id, value]] of settings.entries()) {
      payload.writeUInt16BE(id, at * 6)
      payload.writeUInt32BE(value, at * 6 + 2)
    }
    this.write(frameType.settings, 0, 0, payload)
  }

  /** The next frame, whatever it is. */
  async read(): Promise<Frame> {
    const header = await this.#take(frameHeaderBytes)
    const payload = await this.#take(header.readUIntBE(0, 3))
    return { type: header[3]!, flags: header[4]!, streamId: header.readUInt32BE(5), payload }
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#received.length < bytes) {
      const { done, value } = await this.#chunks.next()
      if (done) throw new RangeError('the server has closed the connection')
      this.#received = Buffer.concat([this.#received, value])
    }
    const taken = this.#received.subarray(0, bytes)
    this.#received = this.#received.subarray(bytes)
    return taken
  }
}

/** Connects to an HTTP/2 server with these settings. */
export async function connectRaw(
  t: { teardown(end: () => void): void },
  port: number,
  settings: readonly (readonly [id: number, value: number])[]
): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(preface)
  const client = new RawClient(socket)
  client.writeSettings(settings)
  return client
}
